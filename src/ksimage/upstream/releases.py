"""What upstream shipped: the tags of kubesphere/ks-installer and the hook that each one carries.

The table was made from the upstream repository (``controller/installRunner.py`` at every tag, and
at the branches v2.1.0, v2.1.1 and master); ``tests/upstream`` compares it with a clone. This module
is read by shell completion, so it imports nothing heavy and parses the table at first use.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ksimage.errors import UnknownRelease
from ksimage.text import similar

HOOK_PATH = "hooks/kubesphere/installRunner.py"
"""Path of the hook in the image, relative to its root."""

PYTHON2 = (
    "its hook is a Python 2 script with other call sites and another configuration format"
    " (2.1 reads a ConfigMap, not a ClusterConfiguration)"
)
_OLD_ALPHA = (
    "its hook predates the structure of 3.0.0: some of the ansible_runner calls that the patches"
    " change do not exist yet; v3.0.0 and later are supported"
)
REWRITTEN = (
    "upstream rewrote the installer after 3.4 and never released it: this hook makes no"
    " ansible_runner calls itself any more"
)
_UNSUPPORTED = {
    "v2.1.0": PYTHON2,
    "v2.1.1": PYTHON2,
    "v3.0.0-alpha.1": _OLD_ALPHA,
    "v3.0.0-alpha.2": _OLD_ALPHA,
    "master": REWRITTEN,
}

# tag, date of the commit, sha256 of controller/installRunner.py; in upstream's order: alpha, rc,
# release, rebuilds of the release
_TABLE = """\
v2.1.0 2019-11-26 07c7ce3028934b517e406575b4fa0d89f25c177fd25711af0cf7ec83f3e33484
v2.1.1 2020-11-19 a856c2a9cf87446381bccb79084cfb8a50aab25c2d102e17e5ba04d21e51422f
v3.0.0-alpha.1 2020-07-03 e2c55252b9ab82b8c9c823000822140b1ac8c65afa9ef28cf834324a2612f75a
v3.0.0-alpha.2 2020-07-23 f95a7eaab62286cad45dcd06da10ded77ad130970cf108c9118a5a1afcfaae30
v3.0.0 2020-09-01 24d06621cb1c9ce1c0125386d8d3f09c69b15e0a6d59d940a59cf1c613185b8b
3.0.1-alpha.1 2020-09-08 24d06621cb1c9ce1c0125386d8d3f09c69b15e0a6d59d940a59cf1c613185b8b
v3.0.1-alpha.1 2020-09-08 24d06621cb1c9ce1c0125386d8d3f09c69b15e0a6d59d940a59cf1c613185b8b
v3.0.1-alpha.2 2020-09-15 24d06621cb1c9ce1c0125386d8d3f09c69b15e0a6d59d940a59cf1c613185b8b
v3.1.0-alpha.0 2021-04-05 9fc7e182305e09c0ecd5c2f0caae37f65d7e193b77bfa9ce73c659a834715bec
v3.1.0-alpha.1 2021-04-12 9fc7e182305e09c0ecd5c2f0caae37f65d7e193b77bfa9ce73c659a834715bec
v3.1.0 2021-04-28 1c78db5d32c27ca383fc2969192a744f3ad3b76aa034ff515d936045fec1b315
v3.1.1-rc.0 2021-06-28 a23bca6a52648c1a7e4b617275cbfd0d0e8725a41315a546d6f80321c19544cf
v3.1.1-rc.1 2021-07-01 6ded0d4daffadcef9478c55f5dd2f6728c862cd0a53ce2c8d3b83e4b624786fd
v3.1.1 2021-07-12 6e981fb00c7a7d89ce87a193f08ea19ad67831b0ccd5c254c7b7adeea13a114c
v3.2.0-alpha.0 2021-09-18 61ead5c0b39d208a1beaa444e6d516ddfea4b34920094d679083ae03df3cafc9
v3.2.0-alpha.1 2021-10-03 6bfb7e36a02dbccec853681cf637ac131861b837b696ad5953e2c7aeae30bc69
v3.2.0-rc.1 2021-10-19 3b28fabbbef9dc1ba8482df744191f1543496f1c9d510608e212a7abef8904ca
v3.2.0 2021-11-04 721d6eafd3d91e415e87cb732e982674bcc5987d3ff822ee8d209923df7d7966
v3.2.1-rc.2 2021-12-06 b70d95d41a0c281dbe001a3e5e9532ffbfc19d879d303dec7ec66f82b2f84deb
v3.2.1-rc.3 2021-12-13 cbae88086f9b2f80b109416076ba035722e34e786c0e86a61f9f401f9c6d4dab
v3.2.1 2021-12-17 4953c8db9bbff105eb7970ffc6c8d658233b1cd71a5683cf2483077202dbec14
qkcp-v3.2.1 2022-03-15 39ec5e93d84ceb528d64d2514dccb4c67479632817e37fe63b5dc597a428a0f6
v3.2.1-ae451377 2022-03-21 4953c8db9bbff105eb7970ffc6c8d658233b1cd71a5683cf2483077202dbec14
v3.3.0-alpha.0 2022-04-10 4b2510b03b4ade4c2449d154eb900a4afc86da7684fea54be4be61518e1c551e
v3.3.0-alpha.1 2022-04-18 8007cdf8c131eb508babd468aa8d8a6ed3cdcd053b2f405342b862857d2811ae
v3.3.0-alpha.2 2022-04-26 5524f9758ebd1967843e56b7318930b5d0b73d0218501d4caa91943a1f55085f
v3.3.0-rc.0 2022-05-17 d197d9367a532d6ecc052e266b4f5ad88e7ac7cadecfae4c0fa910d80a441de9
v3.3.0-rc.1 2022-05-30 2d7ed344aab5e11e25b9959ac3d52d0766741476f52a21d4679f9011703a6c4d
v3.3.0-rc.2 2022-06-10 6cc97053d351c9b74b93c33e928bcc834a3d5904f4be3ae14e7a75b45a37b542
v3.3.0-rc.3 2022-06-22 51a9bc9bcd346ae803b3d8cc8ba8d676f1dc6fa5fad5bf5cb3c9cce438a2f347
v3.3.0 2022-06-24 36072edaff57df988071a87b47e8cc87bf800ced9b5f55c9214fa5016ea6c9b5
v3.3.0-28e9748 2022-06-29 36072edaff57df988071a87b47e8cc87bf800ced9b5f55c9214fa5016ea6c9b5
v3.3.0-patch.0 2024-03-08 36072edaff57df988071a87b47e8cc87bf800ced9b5f55c9214fa5016ea6c9b5
v3.3.1-rc.0 2022-08-15 3264a97687f5f1e906a38d067066c15bca56ccb66c3e20152af1e540c4663ea9
v3.3.1-rc.2 2022-09-16 3e9c5d82c8e1b32dafb30767f34f313106ac15db9f1d3169a3ea61580c737cd1
v3.3.1-rc.3 2022-09-28 2b019f11206211f633d866f097b2f4f656f22214a6a0101a4d0e36a9039f0d06
v3.3.1-rc.4 2022-10-14 baac3f6bedaa9bdacb4eebf73ab410a1fc0a59b5c8a78b4e06a676e165a4b7a3
v3.3.1-rc.5 2022-10-21 386441c8c9ae92872ca42d3065159048ce87c1a588b4bc86f296a833bc20a842
v3.3.1 2022-10-27 9cc0b8a07b8e9d2d15248b27186636c1a08e7b830fd62842965792d43f872338
v3.3.1-patch.0 2024-02-21 9cc0b8a07b8e9d2d15248b27186636c1a08e7b830fd62842965792d43f872338
v3.3.2-rc.0 2023-01-18 c9c26bc208dd4afda1874044e04cef8f7b28bc73e4a7a4d86edc918e457041db
v3.3.2-rc.1 2023-01-30 2473eaa0a69fea299bdd8506f5ffabcbc59f334121ad50c69eab153d08c9e204
v3.3.2-rc.2 2023-02-01 5bd6a956fa54b32e68831b6d93e6d7afff64092d0c714d31921f9cbd69b17a72
v3.3.2 2023-02-03 eca8c872ad096097ef9bd613ae237a8ffc7bd5df8dc4ebe9a2f566c064b3e1fd
v3.3.2-patch.0 2024-02-22 eca8c872ad096097ef9bd613ae237a8ffc7bd5df8dc4ebe9a2f566c064b3e1fd
v3.4.0-rc.0 2023-07-05 ce9e18f246a45da19907a96fe99bb980d87e5cb071a52c69a9635c991c184f90
v3.4.0 2023-07-25 fb7b9053051d01e70775819cf8f0eae904dedeb771bdc8d689e11182dfe35aa9
v3.4.0-patch.0 2024-02-21 fb7b9053051d01e70775819cf8f0eae904dedeb771bdc8d689e11182dfe35aa9
v3.4.1-alpha.0 2023-10-30 7bd9a45593990f2d0c10645e8b8c6492bc0db1b4f9b48fa2c4daecb6f02b91f7
v3.4.1-alpha.1 2023-11-03 3bf91dd20625f1d0ea61d82a6e5fd82494a93f7536277de3e6737ce0f3e23a32
v3.4.1 2023-11-08 48877aa0f8bf3e4b6d00b650c8a330f70bf9e0d5ac02cf3c68f3cb9520c43fe9
v3.4.1-patch.0 2024-02-22 48877aa0f8bf3e4b6d00b650c8a330f70bf9e0d5ac02cf3c68f3cb9520c43fe9
master 2024-03-20 8f72bb5523156d2eee8ae044872f70fa13ddaa4daa61a63204cd4ac3d232b4b7
"""

_NUMBERS = re.compile(
    r"(?:[a-z]+-)?v?(?P<major>\d{1,6})(?:\.(?P<minor>\d{1,6}))?(?:\.(?P<patch>\d{1,6}))?"
    r"(?:-(?P<suffix>[0-9A-Za-z][0-9A-Za-z.-]*))?",
    re.ASCII,
)
_BRANCH = (1_000_000, 0, 0)  # a branch such as master comes after every number


class Release(NamedTuple):
    """One upstream tag (or one of three branches).

    Attributes:
        tag: as upstream wrote it.
        sha256: of the pristine hook, hexadecimal.
        date: of the tagged commit, ``YYYY-MM-DD``.
        supported: whether the shipped patches are meant for it.
        reason: why it is not supported, else empty.
        order: its line in the table.
        numbers: major, minor and patch.
    """

    tag: str
    sha256: str
    date: str
    supported: bool
    reason: str
    order: int
    numbers: tuple[int, int, int]

    @property
    def is_prerelease(self) -> bool:
        """True before the release itself."""
        return re.search(r"-(alpha|rc)\.", self.tag) is not None

    @property
    def is_plain(self) -> bool:
        """Three numbers and no more: neither a pre-release nor a rebuild."""
        return re.fullmatch(r"v\d+\.\d+\.\d+", self.tag) is not None


@lru_cache(maxsize=1)
def all_releases() -> tuple[Release, ...]:
    """Every known release in version order."""
    found = []
    for order, row in enumerate(_TABLE.splitlines()):
        tag, date, sha256 = row.split()
        reason = _UNSUPPORTED.get(tag, "")
        match = _NUMBERS.fullmatch(tag)
        numbers = _BRANCH if match is None else _numbers(match)
        found.append(Release(tag, sha256, date, not reason, reason, order, numbers))
    return tuple(found)


def _numbers(match: re.Match[str]) -> tuple[int, int, int]:
    return int(match["major"]), int(match["minor"] or 0), int(match["patch"] or 0)


def supported() -> tuple[Release, ...]:
    """The releases that the shipped patches are for, in version order."""
    return tuple(release for release in all_releases() if release.supported)


def find(name: str) -> Release:
    """The release of that name; a missing or surplus leading ``v`` is forgiven.

    Raises:
        UnknownRelease: upstream has no such tag; it names the nearest ones.
    """
    by_tag = {release.tag: release for release in all_releases()}
    text = name.strip()
    for candidate in (text, f"v{text}", text.removeprefix("v")):
        if candidate in by_tag:
            return by_tag[candidate]
    raise UnknownRelease(name, _nearest(text))


def by_hook(sha256: str) -> tuple[Release, ...]:
    """The releases whose pristine hook has that digest, in version order; empty when none has.

    Args:
        sha256: hexadecimal, with or without the ``sha256:`` prefix.
    """
    wanted = sha256.removeprefix("sha256:").lower()
    return tuple(release for release in all_releases() if release.sha256 == wanted)


def _nearest(name: str) -> list[str]:
    tags = [release.tag for release in all_releases() if release.supported]
    text = name.lower()
    return similar(text if text[:1] == "v" else f"v{text}", tags, 3, 0.7)


_CONDITION = re.compile(r"(?P<operator>>=|<=|==|!=|>|<|=)?(?P<version>v?[0-9][0-9A-Za-z.-]*)")


class _Condition(NamedTuple):
    operator: str
    bound: tuple[int, ...]  # as many numbers as were written: 3.1 speaks of the whole line 3.1
    exact: Release | None  # a suffix was written: v3.3.0-rc.1

    def holds(self, release: Release) -> bool:
        if self.exact:
            order = release.order - self.exact.order
        else:
            mine = release.numbers[: len(self.bound)]
            order = (mine > self.bound) - (mine < self.bound)
            # Three numbers name the release and its rebuilds; its pre-releases come before it.
            if order == 0 and len(self.bound) == 3 and release.is_prerelease:
                order = -1
        return {
            ">=": order >= 0,
            "<=": order <= 0,
            ">": order > 0,
            "<": order < 0,
            "==": order == 0,
            "!=": order != 0,
        }[self.operator]


@lru_cache(maxsize=64)
def parse_range(text: str) -> tuple[_Condition, ...]:
    """Parse a range of releases: conditions that must all hold, between blanks or commas.

    ``>=3.1.0 <3.4.1``. Two numbers speak of a whole line with its pre-releases (``>=3.1`` holds
    for v3.1.0-alpha.0, ``<3.4`` fails for v3.4.0-rc.0). Three numbers speak of a release and its
    rebuilds (``<=3.4.1`` holds for v3.4.1-patch.0; ``>=3.1.0`` fails for v3.1.0-rc.1). With a
    suffix exactly that tag is meant. No operator means ``==``.

    Raises:
        ValueError: the text is no range, with the reason.
    """
    conditions = []
    # A blank after the operator is common in hand-written ranges.
    for word in re.sub(r"([<>=!])\s+", r"\1", text.replace(",", " ")).split():
        found = _CONDITION.fullmatch(word)
        numbers = _NUMBERS.fullmatch(found["version"]) if found else None
        if not found or not numbers:
            raise ValueError(f"{word!r} is no condition such as >=3.1.0")
        written = sum(numbers[part] is not None for part in ("major", "minor", "patch"))
        operator = "==" if found["operator"] in (None, "=") else found["operator"]
        conditions.append(
            _Condition(operator, _numbers(numbers)[:written], _exact(word, found, numbers))
        )
    if not conditions:
        raise ValueError("the range is empty")
    return tuple(conditions)


def _exact(word: str, found: re.Match[str], numbers: re.Match[str]) -> Release | None:
    if not numbers["suffix"]:
        return None
    try:
        return find(found["version"])
    except UnknownRelease:
        raise ValueError(f"{word!r} has a suffix, and no release is called so") from None


def in_range(release: Release, text: str) -> bool:
    """Whether a release is in a range, see :func:`parse_range`.

    Raises:
        ValueError: the text is no range.
    """
    return all(condition.holds(release) for condition in parse_range(text))
