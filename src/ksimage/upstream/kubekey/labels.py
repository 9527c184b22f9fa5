"""What kk makes of the ClusterConfiguration's version label: refused, or deployed as which tag; and
what ``kk upgrade`` does in a cluster that was installed with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.upstream.kubekey.rules import Current, Labels

if TYPE_CHECKING:
    from ksimage.upstream.kubekey.rules import Rules

# k8s.io/apimachinery pkg/util/version, parse(): kk's ParseGeneric and ParseSemantic. Go's \s and .
_NUMBERS: Final = re.compile(r"[\t\n\f\r ]*v?([0-9]+(?:\.[0-9]+)*)([^\n]*)")
_SUFFIX: Final = re.compile(
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?[\t\n\f\r ]*"
)
# kk pkg/common/loader.go, kubeReleaseRegex; Go's $ is the end of the text.
_PADDED: Final = re.compile(
    r"v?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)([-0-9a-zA-Z_.+]*)?"
)
_RELEASE: Final = re.compile(r"v(?:[0-9]+\.)?(?:[0-9]+\.)?(?:\*|[0-9]+)")
_WORDS: Final = ("alpha", "rc", "release")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


class Label(NamedTuple):
    """What becomes of a label.

    Attributes:
        text: as it is written; "" when there is none.
        accepted: whether kk goes on.
        tag: the image's tag; "" when kk would deploy none.
        release: the release whose rules apply at an upgrade, or "".
        stable: whether it is just a release.
        why: why it is refused, or what is odd about it; "" otherwise.
    """

    text: str
    accepted: bool
    tag: str = ""
    release: str = ""
    stable: bool = False
    why: str = ""

    @property
    def own(self) -> bool:
        """Whether the tag is one that no artifact holds, so that kk never pushes over it."""
        return self.accepted and not self.stable


def judge(rules: Rules, text: str, *, string: bool = True) -> Label:
    """What kk with these rules does with a label.

    Args:
        text: the label; "" when there is none.
        string: whether YAML reads it as text. kk stops with a Go panic at a number.
    """
    known = f"it knows {rules.known[0]} to {rules.known[-1]}"
    if not text:
        return _missing(rules)
    if not string:
        return Label(text, False, why="YAML reads it as a number, and kk panics: quote it")
    if text in rules.support:
        return Label(text, True, text, text, stable=True)
    if rules.labels is Labels.EXACT:
        return Label(text, False, why=f"{known}, and no suffix")
    if rules.labels is Labels.WORDS:
        found = next((word for word in _WORDS if word in text), None)
        if found is None:
            return Label(text, False, why=f"{known}; else it must hold alpha, rc or release")
        return _checked(Label(text, True, text, _first_release(rules, text)))
    return _suffixed(rules, text, known)


def _missing(rules: Rules) -> Label:
    if rules.labels is Labels.SUFFIXES:
        return Label("", False, why="there is no label version")
    return Label("", True, why="there is no label version, and kk then deploys no ks-installer")


def _suffixed(rules: Rules, text: str, known: str) -> Label:
    release = latest_word = ""
    if text.startswith("nightly-") or text in ("latest", "master") or "release" in text:
        release = rules.known[-1]
        latest_word = f"kk takes it for its newest release, {release}"
    else:
        numbers = generic(text)
        release = f"v{numbers}" if f"v{numbers}" in rules.support else ""
        if not release:
            return Label(text, False, why=f"{known}, with any suffix")
    if not rules.pads:
        return _checked(Label(text, True, text, release, why=latest_word))
    if not _PADDED.fullmatch(text):
        why = "since v2.2.2 kk makes an empty version of what is no number with a suffix"
        return Label(text, True, "", release, why=why)
    tag = text if text.startswith("v") else f"v{text}"
    why = latest_word if tag == text else f"kk puts a v before it and deploys {tag}"
    return _checked(Label(text, True, tag, release, stable=tag in rules.support, why=why))


def _checked(label: Label) -> Label:
    if _TAG.fullmatch(label.tag):
        return label
    return label._replace(why=f"{label.tag[:80]!r} is no legal tag of an image")


def generic(text: str) -> str:
    """The numbers of a version as kk's ParseGeneric reads it, ``3.3.2``; "" where it refuses."""
    match = _NUMBERS.fullmatch(text)
    if match is None:
        return ""
    parts = match.group(1).split(".")
    if len(parts) < 2 or (parts[0].startswith("0") and parts[0] != "0"):
        return ""
    if any(int(part) >= 1 << 64 for part in parts):
        return ""
    return ".".join(str(int(part)) for part in parts)


def semantic(text: str) -> bool:
    """Whether kk's MustParseSemantic takes a version; it panics at others, as upgrades do."""
    match = _NUMBERS.fullmatch(text)
    if match is None:
        return False
    parts, extra = match.group(1).split("."), match.group(2)
    if len(parts) != 3 or any(part.startswith("0") and part != "0" for part in parts):
        return False
    suffix = _SUFFIX.fullmatch(extra)
    if suffix is None or any(int(part) >= 1 << 64 for part in parts):
        return False
    identifiers = (suffix.group(1) or "").split(".")
    return not any(
        part.isdigit() and part != "0" and part.startswith("0") and int(part) < 1 << 64
        for part in identifiers
    )


def _first_release(rules: Rules, text: str) -> str:
    """What v1.2 takes for the release: the first thing in the text that looks like one."""
    if "latest" in text or "nightly" in text or "release" in text:
        return rules.known[-1]
    match = _RELEASE.search(text)
    return match.group() if match and match.group() in rules.support else ""


class Upgrade(NamedTuple):
    """What an upgrade would start from, and where it could lead.

    Attributes:
        current: the version that kk takes for the running one; "" when it panics at the label.
        targets: releases that this kk upgrades it to.
        again: what an upgrade with the same configuration does.
        relabel: the label to set first, or "".
        text: all of it in a sentence.
    """

    current: str
    targets: tuple[str, ...]
    again: str
    relabel: str
    text: str


def upgrade(rules: Rules, label: Label) -> Upgrade:
    """What an upgrade does after an installation with this label; ks-console has the release."""
    reads_label = rules.current is Current.LABEL or (
        rules.current is Current.CONSOLE_OR_LABEL and label.release == "v3.1.0"
    )
    if not reads_label:
        return _from(rules, label, label.release, "")
    if not semantic(label.text):
        text = f"kk upgrade panics at the label {label.text!r}: set it to a release first"
        return Upgrade("", (), "panics", label.release, text)
    if rules.current is Current.LABEL and not _from_v3_1(label.text):
        return _from(rules, label, label.release, "")
    relabel = label.release if label.text != label.release else ""
    return _from(rules, label, label.text, relabel)


def _from_v3_1(text: str) -> bool:
    """kk's ``AtLeast("v3.1.0")``; a pre-release of v3.1.0 is less."""
    numbers = tuple(int(part) for part in generic(text).split("."))
    prerelease = "-" in text.partition("+")[0]
    return numbers > (3, 1, 0) or (numbers == (3, 1, 0) and not prerelease)


def _from(rules: Rules, label: Label, current: str, relabel: str) -> Upgrade:
    origin = relabel or current
    targets = tuple(
        name
        for name, support in rules.support.items()
        if origin in support.upgrades and name != origin
    )
    again = _again(rules, label, current)
    wanted = " or ".join(targets) or "no release that this kk knows"
    if relabel:
        text = (
            f"kk upgrade knows no way from {current}; set the label back to {relabel} first, then"
            f" it upgrades to {wanted}"
        )
    else:
        text = f"kk upgrade starts from {current or 'an unknown version'} and leads to {wanted}"
    return Upgrade(current, targets, again, relabel, f"{text}; with the same label {again}")


def _again(rules: Rules, label: Label, current: str) -> str:
    support = rules.support.get(label.release)
    if rules.skips_equal and label.tag == current:
        return "it deploys nothing"
    if support is None or current not in support.upgrades:
        return "it is refused"
    return "it deploys it again"
