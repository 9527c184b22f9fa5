"""Which image of a layout a REF means, and the index that joins its platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.errors import AmbiguousImage, ImageNotFound
from ksimage.images.digest import sha256
from ksimage.images.documents import encode
from ksimage.images.manifest import Descriptor
from ksimage.images.mediatypes import OCI_INDEX
from ksimage.locations.kubekey.names import ImageName, Name, groups, without_architecture
from ksimage.locations.oci.documents import REF_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INDEX_KEY: Final = "io.ksimage.index"
"""Annotation of an entry that we wrote: digest of the index that its platforms had."""


class Image(NamedTuple):
    """One image.

    Attributes:
        group: its name.
        platforms: its manifests' descriptors by name.
    """

    group: ImageName
    platforms: Mapping[Name, Descriptor]

    @property
    def recorded(self) -> str:
        """Digest of the index it was written with; "" when its platforms do not agree on one."""
        digests = {entry.annotations.get(INDEX_KEY, "") for entry in self.platforms.values()}
        return digests.pop() if len(digests) == 1 else ""


def all_of(entries: Sequence[Descriptor]) -> dict[ImageName, Image]:
    """Every image with a name of kk's."""
    named = ((entry.annotations.get(REF_NAME, ""), entry) for entry in entries)
    return {group: Image(group, found) for group, found in groups(named).items()}


def installers(images: Mapping[ImageName, Image]) -> dict[ImageName, Image]:
    """Those that are ks-installer."""
    return {group: image for group, image in images.items() if group.is_installer}


def find(place: str, images: Mapping[ImageName, Image], ref: str) -> Image | None:
    """What REF means: a tag of ks-installer, or a whole name; with an architecture, that one alone.

    Args:
        place: the location without REF, for messages.
        ref: "" for the only ks-installer there is, kept ones aside.

    Raises:
        AmbiguousImage: several.
    """
    ours = installers(images)
    if not ref:
        found = {group: image for group, image in ours.items() if not group.is_kept}
    else:
        whole, architecture = without_architecture(ref)
        names = (ref, whole)
        found = {
            group: image
            for group, image in images.items()
            if str(group) in names or (image.group.is_installer and group.tag in names)
        }
        if architecture:
            found = {group: _only(image, architecture) for group, image in found.items()}
            found = {group: image for group, image in found.items() if image.platforms}
    if len(found) > 1:
        tags = [group.tag for group in found]
        unique = len(set(tags)) == len(tags)
        raise AmbiguousImage(place, tags if unique else [str(group) for group in found])
    return next(iter(found.values()), None)


def _only(image: Image, architecture: str) -> Image:
    chosen = {
        name: entry for name, entry in image.platforms.items() if name.text.endswith(architecture)
    }
    return image._replace(platforms=chosen)


def require(place: str, images: Mapping[ImageName, Image], ref: str) -> Image:
    """As :func:`find`. Raises ImageNotFound when there is none, and AmbiguousImage."""
    found = find(place, images, ref)
    if found is None:
        present = [str(group) for group in installers(images)]
        why = (
            f"the ks-installers in it are {', '.join(present[:20])}"
            if present
            else (f"none of its {len(images)} images is ks-installer")
        )
        raise ImageNotFound(f"{place}:{ref}" if ref else place, why=why)
    return found


def top(image: Image) -> tuple[Descriptor, bytes]:
    """The one manifest's descriptor and no bytes, or a made-up index of all platforms."""
    if len(image.platforms) == 1:
        (entry,) = image.platforms.values()
        return Descriptor(entry.media_type, entry.digest, entry.size), b""
    return joined(image.platforms)


def joined(platforms: Mapping[Name, Descriptor]) -> tuple[Descriptor, bytes]:
    """The index of these platforms: the same bytes for the same manifests."""
    manifests = []
    for name, entry in platforms.items():
        platform = {"architecture": name.platform.architecture, "os": "linux"}
        if name.platform.variant:
            platform["variant"] = name.platform.variant
        manifests.append(
            {
                "mediaType": entry.media_type,
                "digest": entry.digest,
                "size": entry.size,
                "platform": platform,
            }
        )
    data = encode({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests})
    return Descriptor(OCI_INDEX, sha256(data), len(data)), data
