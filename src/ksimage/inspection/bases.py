"""The bases of a derived image: in the image that was named, where its labels say, or beside it."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ksimage.base import images as base_images
from ksimage.base import naming
from ksimage.derivation import labels as label
from ksimage.errors import AuthError, BadReference, KsimageError, NotFound, RegistryError
from ksimage.images import config as image_config
from ksimage.images import reference
from ksimage.inspection.difference import faces
from ksimage.locations import access
from ksimage.locations.spec import Location, Transport

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import ExitStack

    from ksimage.base.images import PlatformImage
    from ksimage.images.reference import Reference
    from ksimage.locations.options import OptionsFor
    from ksimage.locations.protocol import Source

log = logging.getLogger("ksimage.verify")


class Base(NamedTuple):
    """One platform's base, and the open source that it is read from."""

    source: Source
    image: PlatformImage


def find(
    location: Location,
    source: Source,
    *,
    platforms: Sequence[str],
    given: Location | None,
    allowed: Sequence[str | None] = (),
    options: OptionsFor,
    stack: ExitStack,
) -> dict[str, Base]:
    """Each platform's base, by ``Platform.normal``.

    Labels are followed only to registries that the user named: the image's own, and ``allowed``.

    Args:
        location, source: the image.
        platforms: those that are wanted; none means all.
        given: the base that the user named.
        allowed: locations whose registries may be asked as well; None and other transports are
            passed over.
        options: registry options by location.
        stack: closes what was opened.

    Raises:
        whatever opening and reading raises, but for a base of the labels that cannot be read.
    """
    if given is not None:
        opened = _open(given, options, stack)
        images = base_images.read_images(opened, platforms).images
        return {image.platform.normal: Base(opened, image) for image in images}
    hosts = {naming.registry_of(text) for text in allowed}
    if location.reference is not None:
        hosts.add(location.reference.registry)
    found: dict[str, Base] = {}
    for image in base_images.read_images(source, platforms).images:
        named = _named(image)
        if named is None and (beside := _beside(location, image, options, stack)):
            found[image.platform.normal] = beside
        if named is None or named.registry not in hosts:
            continue
        opened = _open(Location(Transport.REGISTRY, reference=named), options, stack)
        try:
            first = base_images.read_images(opened).images[0]
            found[image.platform.normal] = Base(opened, first)
        except (NotFound, AuthError, RegistryError) as error:
            log.warning("the base that the labels name cannot be read: %s", error.message)
    return found


def _named(image: PlatformImage) -> Reference | None:
    """The base that an image's labels name, pinned."""
    labels = image_config.labels(image.config)
    name, digest = labels.get(label.BASE_NAME), labels.get(label.BASE_DIGEST)
    if not name or not digest:
        return None
    try:
        return reference.parse(name).with_digest(digest)
    except BadReference as error:
        log.info("the labels name no base: %s", error.message)
        return None


def _beside(
    location: Location, image: PlatformImage, options: OptionsFor, stack: ExitStack
) -> Base | None:
    """The release under its own tag in the same engine or layout, where its layers are the base's.

    Labels name no base that has no name elsewhere. Layers that differ would prove nothing, for the
    base may well have been another: then none is known.
    """
    release = image_config.labels(image.config).get(label.RELEASE)
    if location.transport not in (Transport.DAEMON, Transport.OCI) or not release:
        return None
    repository, colon, _ = location.ref.rpartition(":")
    place = replace(location, ref=f"{repository}{colon}{release}", digest=None)
    layers = tuple(image_config.diff_ids(image.config)[:-1])
    try:
        opened = _open(place, options, stack)
        if all(face.layers != layers for face in faces(opened)):
            return None
        images = base_images.read_images(opened).images
    except KsimageError as error:
        log.info("no base at %s: %s", place, error.message)
        return None
    same = (one for one in images if tuple(image_config.diff_ids(one.config)) == layers)
    return next((Base(opened, one) for one in same), None)


def _open(location: Location, options: OptionsFor, stack: ExitStack) -> Source:
    source = access.open_source(location, options=options(location))
    stack.callback(source.close)
    return source
