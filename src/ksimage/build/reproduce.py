"""Build an image again from nothing but what its own labels say, and compare digests.

The direct engine depends on no clock, umask, locale or library version, so equal inputs give equal
digests; a difference always has a reason, and this finds it.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import ksimage
from ksimage.base import images as base_images
from ksimage.build import make, patcher
from ksimage.build import original as originals
from ksimage.build import plan as planning
from ksimage.derivation import labels as label
from ksimage.derivation import recipe
from ksimage.errors import BadReference, CannotReproduce
from ksimage.images import config as image_config
from ksimage.images import mediatypes, reference
from ksimage.images.digest import DIGEST
from ksimage.locations import access
from ksimage.locations.spec import Location, Transport
from ksimage.locations.views import AsOci
from ksimage.objects import mapping
from ksimage.patching.listing import patch_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ksimage.base.images import ImageSet, PlatformImage
    from ksimage.config.settings import Settings
    from ksimage.images.documents import JsonObject
    from ksimage.locations.options import OptionsFor
    from ksimage.locations.protocol import Source


@dataclass(frozen=True)
class Rebuild:
    """The image's digest, the rebuilt one, and why they differ (empty when they are equal)."""

    name: str
    base: str
    digest: str
    rebuilt: str
    differences: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.digest == self.rebuilt


def reproduce(
    location: Location,
    settings: Settings,
    *,
    options: OptionsFor,
    base_location: Location | None = None,
) -> Rebuild:
    """Rebuild the image at ``location`` in memory and compare.

    Args:
        settings: where patches come from; everything else is taken from the labels.
        options: registry options by location.
        base_location: the base, when the labels name none that can be reached.

    Raises:
        CannotReproduce: the labels do not say enough, or a patch is not at hand.
    """
    with closing(access.open_source(location, options=options(location))) as source:
        found = base_images.read_images(source)
    first = found.images[0]
    said = image_config.labels(first.config)
    if label.HOOK_AFTER not in said:
        raise CannotReproduce(str(location), "it was not made by ksimage", "")
    place = base_location or _base_of(location, found, said)
    source = access.open_source(place, options=options(place))
    original = originals.images(place, source, options, (first.platform.exact,)).images[0]
    plan = planning.plan(
        str(place),
        _settings(location, first, original, settings),
        options=options,
        platforms=tuple(i.platform.exact for i in found.images) if found.index is not None else (),
        epoch=_epoch(first, original),
        soundness="repair" if label.REPAIRED in said else "ignore",
        statement=label.Provenance(
            said.get(label.RELEASE, "unknown"), said.get(label.BASE_NAME, ""), ()
        ),
    )
    with closing(plan.source):
        rebuilt: Source = make.derived(plan, location)
        if found.top.media_type in (mediatypes.OCI_INDEX, mediatypes.OCI_MANIFEST):
            rebuilt = AsOci(rebuilt)  # as publishing to a layout does
        again = base_images.read_images(rebuilt)
    differences: list[str] = []
    if again.top.digest != found.top.digest:
        differences = _explain(found, again, said, plan.statement.patches)
    return Rebuild(
        str(location), str(place), found.top.digest, again.top.digest, tuple(differences)
    )


def _base_of(location: Location, found: ImageSet, said: Mapping[str, str]) -> Location:
    """The base that the labels name, pinned; only in a registry that the user named."""
    name = said.get(label.BASE_NAME)
    if not name:
        raise CannotReproduce(str(location), "its labels name no base in a registry", "base")
    try:
        parsed = reference.parse(name)
    except BadReference as error:
        raise CannotReproduce(str(location), f"its labels name a base {name!r}", "base") from error
    if location.reference is not None and location.reference.registry != parsed.registry:
        raise CannotReproduce(str(location), f"its base is in another registry: {name}", "base")
    if location.reference is None:
        raise CannotReproduce(str(location), f"its base is in a registry: {name}", "base")
    digest = said.get(label.BASE_DIGEST)
    if found.index is not None:
        # The labels hold the platforms' digests; a Docker list cannot say what it came from.
        digest = found.index.annotations.get(label.BASE_DIGEST)
    if digest and DIGEST.fullmatch(digest):
        parsed = parsed.with_digest(digest)
    return Location(Transport.REGISTRY, reference=parsed, digest=parsed.digest)


def _settings(
    location: Location, image: PlatformImage, original: PlatformImage, settings: Settings
) -> Settings:
    """The settings that the image was built with, as its labels and env tell."""
    labels = image_config.labels(image.config)
    known = patcher.load_series(settings)
    names = [patch.name for patch in label.parse_patches(labels.get(label.PATCHES, ""))]
    files = tuple(path for path in settings.patches.files if patch_name(path.name) in names)
    present = {*known.names, *(patch_name(path.name) for path in files)}
    missing = [name for name in names if name not in present]
    if missing:
        raise CannotReproduce(
            str(location), f"these patches are not here: {', '.join(missing)}", "patches"
        )
    patches = replace(
        settings.patches,
        include=tuple(p.name for p in known if not p.default and p.name in names),
        exclude=tuple(p.name for p in known if p.default and p.name not in names),
        files=files,
    )
    level = image_config.environment(image.config).get(recipe.VERBOSITY_VARIABLE, "0")
    extra = label.extra(labels, image_config.labels(original.config))
    return replace(
        settings,
        platforms=(),
        patches=patches,
        verbosity=int(level) if level.isdecimal() else 0,
        labels=MappingProxyType(extra),
        tag="{release}-reproduced",
    )


def _epoch(image: PlatformImage, original: PlatformImage) -> int | None:
    """SOURCE_DATE_EPOCH of the build: set when the image's time is not its base's."""
    if image.config.get("created") == original.config.get("created"):
        return None
    return image_config.created(image.config)[0]


def _explain(
    found: ImageSet, again: ImageSet, said: Mapping[str, str], patches: Sequence[label.PatchId]
) -> list[str]:
    reasons = []
    if said.get(label.VERSION) != ksimage.__version__:
        reasons.append(f"built by ksimage {said.get(label.VERSION)}, this is {ksimage.__version__}")
    here = {patch.name: patch.sha256 for patch in patches}
    before = label.parse_patches(said.get(label.PATCHES, ""))
    reasons += [
        f"patch {patch.name} has changed since (was sha256 {patch.sha256[:12]}…)"
        for patch in before
        if here.get(patch.name) not in (None, patch.sha256)
    ]
    if list(here) != [patch.name for patch in before]:
        reasons.append(f"the patches' order has changed since (now {', '.join(here)})")
    if (found.index is None) != (again.index is None):
        reasons.append("one is an index, the other is not")
    theirs = {image.platform.normal: image for image in again.images}
    for image in found.images:
        other = theirs.get(image.platform.normal)
        if other is None:
            reasons.append(f"the base has no {image.platform}")
        else:
            reasons += [f"{image.platform}: {text}" for text in _compare(image, other)]
    return reasons or ["only the order or the annotations of the index differ"]


def _compare(image: PlatformImage, other: PlatformImage) -> list[str]:
    if image.descriptor.digest == other.descriptor.digest:
        return []
    reasons = []
    history = image_config.history(image.config) or [{}]
    if not str(history[-1].get("created_by", "")).startswith("ksimage "):
        reasons.append(
            "it was built by an engine, whose layers carry the time of the build;"
            " only --engine direct is reproducible to the bit"
        )
    was, now = (image_config.labels(i.config).get(label.BASE_DIGEST) for i in (image, other))
    if was != now:
        reasons.append(f"the base is another one: it was {was}, now {now}")
    if image.manifest.layers[:-1] != other.manifest.layers[:-1]:
        reasons.append("the base's layers differ")
    if image.manifest.layers[-1] != other.manifest.layers[-1]:
        reasons.append("the added layer differs")
    reasons += [
        f"config: {key} differs{_detail(image.config, other.config, key)}"
        for key in sorted(set(image.config) | set(other.config))
        if image.config.get(key) != other.config.get(key)
    ]
    if image.manifest.media_type != other.manifest.media_type:
        reasons.append(f"{image.manifest.media_type} is not {other.manifest.media_type}")
    return reasons or ["only the manifest's annotations differ"]


def _detail(one: JsonObject, two: JsonObject, key: str) -> str:
    if key != "config":
        return ""
    first, second = mapping(one, key), mapping(two, key)
    names = sorted(k for k in set(first) | set(second) if first.get(k) != second.get(k))
    return f" ({', '.join(names)})"
