"""What the registry says of the image that a pod runs. Manifests and configs alone: no layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ksimage.base import images as base_images
from ksimage.cluster.image.proof import digest_of
from ksimage.derivation import recipe
from ksimage.errors import BadReference
from ksimage.images import config as image_config
from ksimage.images import reference as references
from ksimage.locations import access
from ksimage.locations.spec import Location, Transport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.locations.options import OptionsFor


class Held(NamedTuple):
    """What the registry holds under a digest.

    Attributes:
        digest: of the index or manifest.
        ids: of index, manifests and configs.
        labels: of the first platform's config.
        verbosity: default of KS_INSTALLER_VERBOSITY; None where the image sets none.
    """

    digest: str
    ids: frozenset[str]
    labels: Mapping[str, str]
    verbosity: str | None


class TagMeaning(NamedTuple):
    """What a tag means in the registry now."""

    name: str
    held: Held


def hold(image_id: str, image: str, options: OptionsFor) -> Held | None:
    """The running image, by the digest that the node reports and the repository that was asked for.

    The node may report another name of the same config, so the Deployment's repository is asked
    first; None when neither names anything.

    Raises:
        KsimageError: the registry cannot be asked.
    """
    digest = digest_of(image_id)
    for name in (image, image_id.rpartition("//")[2]):
        try:
            parsed = references.parse(name)
        except BadReference:
            continue
        if digest:
            parsed = references.parse(parsed.name).with_digest(digest)
        if parsed.tag or parsed.digest:
            return _read(Location(Transport.REGISTRY, reference=parsed), options)
    return None


def look_at_tag(image: str, options: OptionsFor) -> TagMeaning | None:
    """What the Deployment's tag means now; None where it names none.

    Raises:
        KsimageError: the registry cannot be asked.
    """
    try:
        parsed = references.parse(image)
    except BadReference:
        return None
    if not parsed.tag or parsed.digest:
        return None
    place = Location(Transport.REGISTRY, reference=parsed)
    return TagMeaning(parsed.tag, _read(place, options))


def _read(place: Location, options: OptionsFor) -> Held:
    source = access.open_source(place, options=options(place))
    try:
        found = base_images.read_images(source)
    finally:
        source.close()
    first = found.images[0].config
    ids = {found.top.digest}
    for image in found.images:
        ids |= {image.descriptor.digest, image.manifest.config.digest}
    return Held(
        found.top.digest,
        frozenset(ids),
        image_config.labels(first),
        image_config.environment(first).get(recipe.VERBOSITY_VARIABLE),
    )
