"""What two images differ in, item by item: platforms, base, patches, labels, verbosity.

Configs alone are compared, no layer is read. `check` words its reasons with this, and the refusal
to replace a tag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ksimage.base import images as base_images
from ksimage.derivation import labels as label
from ksimage.derivation.recipe import VERBOSITY_VARIABLE
from ksimage.errors import KsimageError
from ksimage.images import config as image_config
from ksimage.images.platform import Platform
from ksimage.locations.docker.daemon import DaemonSource
from ksimage.objects import at
from ksimage.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ksimage.base.images import PlatformImage
    from ksimage.images.documents import JsonObject
    from ksimage.locations.protocol import Source

MAX_VALUE = 60  # characters of a label's value
_TOLD = (label.VERSION, label.RELEASE, label.PATCHES, label.BASE_NAME)
_ELSEWHERE = (label.BASE_DIGEST, label.HOOK_BEFORE, label.HOOK_AFTER, label.REPAIRED)
"""Labels that follow from what is told anyway."""


class Face(NamedTuple):
    """What one platform's config says. ``layers``: diff IDs."""

    platform: str
    labels: Mapping[str, str]
    verbosity: str
    layers: tuple[str, ...]


def faces(source: Source) -> tuple[Face, ...]:
    """One for each platform. Of an engine's image no layer is saved. Raises KsimageError."""
    if isinstance(source, DaemonSource):
        return (_in_engine(source.inspect()),)
    return tuple(_of(image) for image in base_images.read_images(source).images)


def _of(image: PlatformImage) -> Face:
    environment = image_config.environment(image.config)
    return Face(
        image.platform.normal,
        image_config.labels(image.config),
        environment.get(VERBOSITY_VARIABLE, ""),
        tuple(image_config.diff_ids(image.config)),
    )


def _in_engine(found: JsonObject) -> Face:
    layers = at(found, "RootFS", "Layers")
    like = {"config": found.get("Config"), "rootfs": {"diff_ids": layers or []}}
    own = (str(found.get(key) or "") for key in ("Os", "Architecture", "Variant"))
    return Face(
        Platform(*own).normal,
        image_config.labels(like),
        image_config.environment(like).get(VERBOSITY_VARIABLE, ""),
        tuple(image_config.diff_ids(like)),
    )


def between(held: Source, new: Source) -> list[str]:
    """What a name holds against what is to come; empty where one of the two cannot be read."""
    try:
        return differences(faces(held), faces(new))
    except KsimageError:
        return []


def differences(held: Sequence[Face], new: Sequence[Face]) -> list[str]:
    """What to say of ``held`` that is to become ``new``; once for all platforms."""
    wanted = {face.platform: face for face in new}
    present = {face.platform: face for face in held}
    reasons = [f"{platform} is missing" for platform in sorted(wanted.keys() - present.keys())]
    reasons += [f"{platform} is not in it" for platform in sorted(present.keys() - wanted.keys())]
    for platform in sorted(present.keys() & wanted.keys()):
        reasons += _of_platform(present[platform], wanted[platform])
    return list(dict.fromkeys(reasons)) or ["nothing but times, or how its layers are packed"]


def _of_platform(held: Face, new: Face) -> list[str]:
    if label.HOOK_AFTER not in held.labels:
        if held.layers == new.layers[:-1]:
            return ["it is the base, not patched"]
        return ["ksimage did not make it", *_layers(held, new)]
    reasons = [
        label_reason(key, held.labels.get(key), new.labels.get(key))
        for key in dict.fromkeys((*_TOLD, *held.labels, *new.labels))
        if held.labels.get(key) != new.labels.get(key) and key not in _ELSEWHERE
    ]
    if held.verbosity != new.verbosity:
        levels = (held.verbosity or "not set", new.verbosity or "not set")
        reasons.append("its verbosity is {}, not {}".format(*levels))
    if held.labels.get(label.BASE_DIGEST) != new.labels.get(label.BASE_DIGEST):
        reasons.append("the base moved")
    return reasons or _layers(held, new)


def _layers(held: Face, new: Face) -> list[str]:
    shared = sum(a == b for a, b in zip(held.layers, new.layers, strict=False))
    if held.layers == new.layers:
        return []
    return [f"{shared} of its {len(held.layers)} layers are in the other"]


def label_reason(key: str, now: str | None, wanted: str | None) -> str:
    """How a label differs from what a build would set (None: not at all)."""
    if key == label.PATCHES:
        return f"patches {_patches(now or '', wanted or '')}"
    if wanted is None:
        return f"label {key} is set no more"
    if key == label.VERSION:
        return f"built by ksimage {now or '?'}, this is {wanted}"
    if key == label.BASE_NAME:
        return f"its base was named {now or 'nothing'}, now {wanted or 'nothing'}"
    if now is None:
        return f"label {key} is not set"
    return f"label {key} is {printable(now, MAX_VALUE)!r}, not {printable(wanted, MAX_VALUE)!r}"


def _patches(now: str, wanted: str) -> str:
    mine = {patch.name: patch.sha256 for patch in label.parse_patches(wanted)}
    theirs = {patch.name: patch.sha256 for patch in label.parse_patches(now)}
    changed = sorted(n for n in mine.keys() & theirs.keys() if mine[n] != theirs[n])
    words = [
        f"{verb} {', '.join(names)}"
        for verb, names in (
            ("changed:", changed),
            ("new:", sorted(mine.keys() - theirs.keys())),
            ("gone:", sorted(theirs.keys() - mine.keys())),
        )
        if names
    ]
    return "; ".join(words) or "in another order"
