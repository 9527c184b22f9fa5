"""What a derived image says of itself: labels, and on OCI documents the same as annotations."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

import ksimage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BASE_NAME: Final = "org.opencontainers.image.base.name"
BASE_DIGEST: Final = "org.opencontainers.image.base.digest"
KEY: Final = "io.ksimage."
VERSION: Final = KEY + "version"
RELEASE: Final = KEY + "release"
PATCHES: Final = KEY + "patches"
HOOK_BEFORE: Final = KEY + "hook.before"
HOOK_AFTER: Final = KEY + "hook.after"
REPAIRED: Final = KEY + "repaired"
"""What ``--repair`` gave back to a broken base: words of ``derivation/repair.py``."""

_OUR_KEY: Final = re.compile(re.escape(KEY) + r"[a-z0-9.-]+")

# Claims about the base's origin that would be false of the derived image.
_ORIGIN_CLAIMS: Final = tuple(
    "org.opencontainers.image." + key
    for key in ("authors", "documentation", "source", "url", "vendor")
)


class PatchId(NamedTuple):
    """A patch by name and content; prints as ``unquiet@sha256:…``."""

    name: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name}@sha256:{self.sha256}"


class Provenance(NamedTuple):
    """What is said of the derived image, the same for every platform.

    Attributes:
        base_name: a fully qualified reference, or empty where the base has none that means
            anything elsewhere (a folder, a file, a daemon).
        labels: the settings' own.
    """

    release: str
    base_name: str
    patches: tuple[PatchId, ...]
    labels: Mapping[str, str] = MappingProxyType({})

    def said(self, base_digest: str) -> dict[str, str]:
        """What holds for one manifest, or for the index; ``base_digest`` may be empty."""
        said = {
            BASE_NAME: self.base_name,
            BASE_DIGEST: base_digest,
            VERSION: ksimage.__version__,
            RELEASE: self.release,
            PATCHES: " ".join(str(patch) for patch in self.patches),
        }
        return {key: value for key, value in said.items() if value}


def made(
    said: Mapping[str, str], own: Mapping[str, str], inherited: Mapping[str, str]
) -> dict[str, str]:
    """The labels to set: what is said, the settings' own, and what must not be inherited, blank.

    A Dockerfile cannot delete a label, so what is not true of the derived image is set empty.
    """
    blanked = {key: "" for key in _ORIGIN_CLAIMS if inherited.get(key)}
    stale = {key: "" for key in inherited if _is_ours(key) and key not in said}
    return {**blanked, **stale, **said, **own}


def extra(labels: Mapping[str, str], inherited: Mapping[str, str]) -> dict[str, str]:
    """Those of a derived image's labels that come from the settings: neither ours nor its base's.

    Args:
        labels: the derived image's.
        inherited: its base's.
    """

    def left(key: str) -> str | None:
        value = inherited.get(key)
        return "" if value and key in _ORIGIN_CLAIMS else value

    return {key: value for key, value in labels.items() if value != left(key) and not _is_ours(key)}


def parse_patches(text: str) -> tuple[PatchId, ...]:
    """The patches named by a PATCHES label; malformed words are left out."""
    found: Sequence[tuple[str, str, str]] = [w.partition("@sha256:") for w in text.split()]
    return tuple(PatchId(name, digest) for name, at, digest in found if at)


def _is_ours(key: str) -> bool:
    return _OUR_KEY.fullmatch(key) is not None or key in (BASE_NAME, BASE_DIGEST)
