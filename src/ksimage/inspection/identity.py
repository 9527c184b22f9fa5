"""What an image says and holds: which release, which hook, made by whom.

The hook's content decides; labels are only believed where they agree with it.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from ksimage.derivation import labels as label
from ksimage.images import config as image_config
from ksimage.upstream import releases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.base.images import PlatformImage
    from ksimage.derivation.labels import PatchId
    from ksimage.hook.layers import Hook


_ALWAYS = (label.VERSION, label.HOOK_BEFORE)
"""Labels that no build goes without: one that names the hook alone was set by somebody else."""


class Origin(Enum):
    """Who made the hook that an image holds."""

    PRISTINE = "pristine"  # byte for byte what upstream shipped
    KSIMAGE = "ksimage"  # labels of ksimage, and the hook that they name
    TAMPERED = "tampered"  # labels of ksimage, but another hook, or not as ksimage sets them
    FOREIGN = "foreign"  # neither


class Identity(NamedTuple):
    """One platform's answer to "what is this?".

    Attributes:
        origin: who made the hook.
        releases: upstream releases that the hook (or the one it was made from) belongs to; the
            first is the likeliest, empty when unknown.
        patches: applied patches; empty unless made by ksimage.
        hook_sha256: hex digest of the hook in the image.
        base_name, base_digest, version: from the labels; empty when absent.
    """

    origin: Origin
    releases: tuple[str, ...]
    patches: tuple[PatchId, ...]
    hook_sha256: str
    base_name: str
    base_digest: str
    version: str

    @property
    def release(self) -> str:
        """The likeliest release, or ``unknown``."""
        return self.releases[0] if self.releases else "unknown"

    def __str__(self) -> str:
        if self.origin is Origin.PRISTINE:
            return f"upstream's pristine hook of {' or '.join(self.releases)}"
        if self.origin is Origin.KSIMAGE:
            names = ", ".join(patch.name for patch in self.patches) or "no patches"
            return f"ksimage {self.version} build of {self.release} ({names})"
        if self.origin is Origin.TAMPERED:
            return "labelled by ksimage, but its hook and its labels do not belong together"
        return "a hook that neither upstream nor ksimage made"


def identify(image: PlatformImage, hook: Hook) -> Identity:
    """Judge one platform's image by its labels and its hook."""
    return judge(image_config.labels(image.config), hook.sha256)


def judge(labels: Mapping[str, str], hook_sha256: str) -> Identity:
    """The same, by the labels and the hook's digest (hex)."""
    known: list[str] | None = [release.tag for release in releases.by_hook(hook_sha256)]
    after = labels.get(label.HOOK_AFTER, "")
    if known:
        origin = Origin.PRISTINE
    elif after == hook_sha256 and all(labels.get(key) for key in _ALWAYS):
        known = _made_from(labels)
        origin = Origin.TAMPERED if known is None else Origin.KSIMAGE
    elif after:
        origin = Origin.TAMPERED
    else:
        origin = Origin.FOREIGN
    ours = origin is Origin.KSIMAGE
    return Identity(
        origin,
        tuple(known or ()),
        label.parse_patches(labels.get(label.PATCHES, "")) if ours else (),
        hook_sha256,
        labels.get(label.BASE_NAME, ""),
        labels.get(label.BASE_DIGEST, ""),
        labels.get(label.VERSION, "") if ours else "",
    )


def _made_from(labels: Mapping[str, str]) -> list[str] | None:
    """The release that the labels name, if any; None when their other words contradict it."""
    release = labels.get(label.RELEASE, "")
    before = [known.tag for known in releases.by_hook(labels.get(label.HOOK_BEFORE, ""))]
    if before and release not in before:
        return None
    named = [known.tag for known in releases.all_releases() if known.tag == release]
    return named if named or release in ("", "unknown") else None
