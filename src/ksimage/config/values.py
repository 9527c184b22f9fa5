"""Single values: text in, checked value out. The file, the environment and flags share these.

Each function raises :class:`Refused` with the reason. A reason quotes the text (shortened, control
characters escaped), except where the text may hold a password.
"""

from __future__ import annotations

import os
import re
import string
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ksimage.errors import UsageError
from ksimage.images.digest import DIGEST
from ksimage.images.platform import NAME as PLATFORM
from ksimage.images.reference import TAG
from ksimage.locations.spec import Location, Transport
from ksimage.locations.spec import parse as parse_location
from ksimage.text import FILE_TRANSPORTS, reference_without_login, similar

MAX_TEXT: Final = 4096
MAX_JOBS: Final = 32
MAX_VERBOSITY: Final = 5
PATCH_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
RANGE_BEGINS: Final = ("<", ">", "=", "!")
RELEASE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
HOST: Final = re.compile(
    r"(?:\[[0-9a-f:]+\]|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)"
    r"(?::[0-9]{1,5})?"
)
LABEL_KEY: Final = re.compile(r"[a-z0-9A-Z](?:[a-z0-9A-Z._/-]{0,253}[a-z0-9A-Z])?")
ENGINES: Final = ("auto", "docker", "direct")
MODES: Final = ("append", "replace")
PLACEHOLDERS: Final = ("release", "verbosity", "digest8")
RESERVED_LABELS: Final = (
    "io.ksimage.",
    "org.opencontainers.image.base.",
    "com.docker.",
    "io.docker.",
    "org.dockerproject.",
)


class Refused(ValueError):
    """A value cannot be used; ``nearest`` are names that were perhaps meant."""

    def __init__(self, reason: str, nearest: Iterable[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.nearest = tuple(nearest)


def shown(text: str) -> str:
    """``text`` as it may be quoted in a message: one line, at most 60 characters, no login."""
    text = reference_without_login(text)
    return repr(text if len(text) <= 60 else text[:57] + "...")


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to two known names that look like ``name``."""
    by_fold = {item.lower().replace("-", "_"): item for item in known}
    matches = similar(name[:100].lower().replace("-", "_"), by_fold, 2)
    return [by_fold[match] for match in matches]


def plain(value: str) -> str:
    """Text of one line without control characters, not empty."""
    if not value.strip():
        raise Refused("is empty")
    if len(value) > MAX_TEXT:
        raise Refused(f"is longer than {MAX_TEXT} characters")
    if not value.isprintable():
        raise Refused("holds a line break or another control character")
    return value


def one_of(value: str, known: tuple[str, ...]) -> str:
    """``value`` when it is one of ``known``."""
    if value not in known:
        raise Refused(f"{shown(value)} is none of {', '.join(known)}", nearest(value, known))
    return value


def integer(value: str, lowest: int, highest: int) -> int:
    """A decimal number from ``lowest`` to ``highest``."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,5}", value) or not lowest <= int(value) <= highest:
        raise Refused(f"{shown(value)} is not a whole number from {lowest} to {highest}")
    return int(value)


def boolean(value: str) -> bool:
    """``true`` or ``false``; in variables also 1/0 and yes/no, as CI systems write them."""
    word = value.strip().lower()
    if word in ("true", "1", "yes"):
        return True
    if word in ("false", "0", "no"):
        return False
    raise Refused(f"{shown(value)} is neither true nor false")


def credential(value: str) -> str:
    """An account name or password: anything, never quoted in a message."""
    text = value.rstrip("\r\n")  # what a pipe or a secret store adds
    if not text or len(text) > 1 << 16 or not text.isprintable():
        raise Refused("is empty, too long, or holds a control character")
    return text


def _no_credentials(value: str) -> None:
    """Refuse ``user:password@host/...`` without quoting it."""
    if "@" in value and not re.search(r"@sha256:[0-9a-f]*\Z", value):
        raise Refused(
            "credentials have no place in a reference: use docker login, or KSIMAGE_USERNAME "
            "with --password-stdin"
        )


def _location(value: str) -> Location:
    plain(value)
    if value.partition(":")[0] not in FILE_TRANSPORTS:
        _no_credentials(value)
    try:
        return parse_location(value)
    except UsageError as error:
        raise Refused(error.message[:300], error.nearest) from error


def _repository(value: str, location: Location, *, one_image: bool = False) -> None:
    """Check what stands for a registry's project or repository."""
    if "/" not in value:
        raise Refused(
            f"{shown(value)} names no project: write REGISTRY/PROJECT, such as "
            "harbor.lan/kubesphereio"
        )
    reference = location.reference
    if reference is not None and (reference.tag or reference.digest) and not one_image:
        raise Refused(
            f"{shown(value)} has a tag or digest: give that reference in place of the release, "
            "or pin it below releases: as {release: ..., base: sha256:...}"
        )


def source(value: str, *, one_image: bool = False) -> str:
    """Where bases come from: a registry prefix, or one of the transports.

    ``one_image`` lets a tag or digest pass: fine for one run, not for a list of releases.
    """
    text = _trimmed(value)
    location = _location(text)
    if location.transport is Transport.REGISTRY:
        _repository(text, location, one_image=one_image)
    return text


def target(value: str) -> str:
    """Where --push goes: a registry prefix."""
    text = _trimmed(value)
    location = _location(text)
    if location.transport is not Transport.REGISTRY:
        raise Refused(f"{shown(value)} is not in a registry: for files and daemons use --to")
    _repository(text, location)
    return text


def _trimmed(value: str) -> str:
    """Without what people copy along: ``docker://`` and the slash of a project's address."""
    text = value.removeprefix("docker://")
    return text if text.partition(":")[0] in FILE_TRANSPORTS else text.rstrip("/")


def anchored(value: str, base: Path) -> Path:
    """A path, relative ones below ``base``; ``~`` is the home folder."""
    plain(value)
    return Path(os.path.normpath(base / os.path.expanduser(value)))  # noqa: PTH111 - no raise


def anchored_source(value: str, base: Path, *, one_image: bool = False) -> str:
    """A source whose file path, if it has one, is below ``base``. Raises Refused."""
    checked = source(value, one_image=one_image)
    transport, _, rest = checked.partition(":")
    if transport in FILE_TRANSPORTS:
        return f"{transport}:{anchored(rest, base)}"
    return checked


def platform(value: str) -> str:
    """``[os/]architecture[/variant]``."""
    if not PLATFORM.fullmatch(value) or len(value) > 100:
        raise Refused(f"{shown(value)} is not a platform such as linux/amd64 or linux/arm/v7")
    return value


def patch(value: str) -> str:
    """A patch's name in a series; whether it exists is the series' business."""
    if not PATCH_NAME.fullmatch(value):
        raise Refused(f"{shown(value)} is not a patch's name: ksimage patches list")
    return value


def digest(value: str) -> str:
    """``sha256:`` and 64 hex digits."""
    if not DIGEST.fullmatch(value):
        raise Refused(f"{shown(value)} is not sha256: and 64 lower-case hex digits")
    return value


def release(value: str) -> str:
    """The form of a release name or of a range; ``config/selection.py`` knows which exist."""
    plain(value)
    if not RELEASE.fullmatch(value) and value[:1] not in RANGE_BEGINS:
        raise Refused(
            f"{shown(value)} is neither a release such as v3.3.2 nor a range such as '>=3.1,<3.5'"
        )
    return value


def tag_template(value: str) -> str:
    """A tag with ``{release}``, ``{verbosity}``, ``{digest8}``; must make a legal tag."""
    plain(value)
    try:
        parts = list(string.Formatter().parse(value))
    except ValueError:
        raise Refused(f"{shown(value)} has a brace without its partner") from None
    for _, name, spec, conversion in parts:
        if name is None:
            continue
        if name not in PLACEHOLDERS:
            known = ", ".join("{%s}" % item for item in PLACEHOLDERS)  # noqa: UP031
            raise Refused(
                f"{shown('{' + name + '}')} is not filled in; known are {known}",
                ["{%s}" % item for item in nearest(name, PLACEHOLDERS)],  # noqa: UP031
            )
        if spec or conversion:
            raise Refused(f"{shown(value)}: nothing but the name may stand in the braces")
    sample = value.format(release="v3.3.2", verbosity=5, digest8="0" * 8)
    if not TAG.fullmatch(sample):
        raise Refused(
            f"{shown(value)} makes {shown(sample)}, which is not a legal tag (letters, digits, "
            "_ . -, at most 128)"
        )
    return value


def label_key(value: str) -> str:
    """A label's name that belongs to nobody else."""
    if not LABEL_KEY.fullmatch(value):
        raise Refused(f"{shown(value)} is not a label name such as lan.example.team")
    for prefix in RESERVED_LABELS:
        if value.startswith(prefix) or value == prefix.rstrip("."):
            raise Refused(f"labels below {prefix} are not yours to set: choose another name")
    return value


def label_value(value: str) -> str:
    """A label's text, which may be empty."""
    if len(value) > MAX_TEXT:
        raise Refused(f"is longer than {MAX_TEXT} characters")
    if value and not value.isprintable():
        raise Refused("holds a line break or another control character")
    return value


def host(value: str) -> str:
    """``host[:port]`` of a registry, in lower case."""
    if "@" in value:
        raise Refused("credentials have no place in the file: use docker login")
    if "://" in value:
        raise Refused(f"{shown(value)}: write the host without http:// or https://")
    if "/" in value:
        raise Refused(f"{shown(value)}: options go by host, without a project")
    if not HOST.fullmatch(value.lower()):
        raise Refused(f"{shown(value)} is not a registry's host[:port]")
    return value.lower()
