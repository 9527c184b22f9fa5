"""The bases of a derived image: in the image that was named, or where its labels say."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from ksimage.base import images as base_images
from ksimage.base import naming
from ksimage.derivation import labels as label
from ksimage.errors import AuthError, BadReference, NotFound, RegistryError
from ksimage.images import config as image_config
from ksimage.images import reference
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


def _open(location: Location, options: OptionsFor, stack: ExitStack) -> Source:
    source = access.open_source(location, options=options(location))
    stack.callback(source.close)
    return source
