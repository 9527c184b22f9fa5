"""A base that was patched under its own tag: what it was made from, and where that is now."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ksimage.base import images as base_images
from ksimage.base import naming
from ksimage.derivation import labels as label
from ksimage.errors import KsimageError, NotFound
from ksimage.images import config as image_config
from ksimage.images.digest import DIGEST
from ksimage.locations import access

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ksimage.base.images import ImageSet
    from ksimage.locations.options import OptionsFor
    from ksimage.locations.protocol import Source
    from ksimage.locations.spec import Location


class Original(NamedTuple):
    """An open base and where it is."""

    location: Location
    source: Source
    images: ImageSet


def find(
    location: Location, images: ImageSet, options: OptionsFor, platforms: Sequence[str]
) -> Original | None:
    """The original of a build of ours that took its base's tag; None for any other image.

    It is looked for by the digest in the labels, then under ``<tag>-orig`` and its like, where
    ``--replace`` has kept it. The caller closes its source.

    Args:
        platforms: those that are to be read; none means all.
    """
    said = [image_config.labels(image.config) for image in images.images]
    if location.digest or not all(label.HOOK_AFTER in labels for labels in said):
        return None
    if any(labels.get(label.BASE_NAME, "") != naming.base_name(location) for labels in said):
        return None
    digests = {labels.get(label.BASE_DIGEST) for labels in said}
    spare: Original | None = None
    for place in (*_pinned(location, images, digests), *naming.kept_locations(location)):
        source = access.open_source(place, options=options(place), cached=True)
        try:
            found = base_images.read_images(source, platforms)
        except KsimageError as error:
            source.close()
            if isinstance(error, NotFound) and not place.digest:
                break  # the kept ones are numbered without gaps
            continue
        ours = any(label.HOOK_AFTER in image_config.labels(i.config) for i in found.images)
        if not ours and {i.descriptor.digest for i in found.images} <= digests:
            if spare is not None:
                spare.source.close()
            return Original(place, source, found)
        if ours or spare is not None:
            source.close()
        else:
            spare = Original(place, source, found)
    return spare


def images(
    location: Location, source: Source, options: OptionsFor, platforms: Sequence[str]
) -> ImageSet:
    """The images of a base, or of its original where it is a build of ours; closes ``source``."""
    with closing(source):
        found = base_images.read_images(source, platforms)
        if before := find(location, found, options, platforms):
            before.source.close()
            found = before.images
    return found


def _pinned(location: Location, images: ImageSet, digests: set[str | None]) -> Iterator[Location]:
    if location.reference is None:
        return
    if images.index is not None:  # the labels have the platforms' digests
        digests = {images.index.annotations.get(label.BASE_DIGEST)}
    for digest in digests:
        if digest and DIGEST.fullmatch(digest):
            yield replace(location, reference=location.reference.with_digest(digest), digest=digest)
