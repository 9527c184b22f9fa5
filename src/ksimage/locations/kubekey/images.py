"""Images in KubeKey's layouts: their names, which are one image, and which one a REF means.

kk up to v3.1.1 writes ``NAMESPACE:NAME:TAG-ARCH``, later ones ``REGISTRY/NAMESPACE/NAME:TAG-ARCH``
(cmd/kk/pkg/images/tasks.go, SaveImages); both end in the architecture, with a variant if it has one
(cmd/kk/pkg/images/utils.go, ParseImageWithArchTag).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.errors import AmbiguousImage, ImageNotFound
from ksimage.images.digest import sha256
from ksimage.images.documents import encode
from ksimage.images.manifest import Descriptor
from ksimage.images.mediatypes import OCI_INDEX
from ksimage.images.platform import Platform
from ksimage.locations.oci.documents import REF_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

IMAGE: Final = "ks-installer"
KEPT: Final = "-orig"

_ARCHITECTURE: Final = re.compile(
    r"(?P<rest>.+)-(?P<arch>386|amd64|arm64|arm|loong64|mips64le|ppc64le|riscv64|s390x)"
    r"(?:-(?P<variant>v[0-9]+))?",
)
_SHORT: Final = re.compile(r"[^:/]+:(?![0-9]+/)[^:]+:")
_FULL: Final = re.compile(r"[^:/]+(?::[0-9]+)?/(?:[^:/]+/)*[^:/]+:")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


class ImageName(NamedTuple):
    """An image of several platforms: all but the architecture of their names.

    Attributes:
        prefix: what stands before the tag, with the colon.
        tag: without the architecture.
    """

    prefix: str
    tag: str

    def __str__(self) -> str:
        return f"{self.prefix}{self.tag}"

    @property
    def full(self) -> bool:
        """Whether the name begins with a registry, as kk writes since v3.1.2."""
        return _SHORT.fullmatch(self.prefix) is None

    @property
    def namespace(self) -> str:
        """The registry's namespace, without the registry."""
        if self.full:
            return self.prefix.rpartition("/")[0].partition("/")[2]
        return self.prefix.partition(":")[0]

    @property
    def is_installer(self) -> bool:
        """Whether it is ks-installer."""
        return re.split(r"[:/]", self.prefix.removesuffix(":"))[-1] == IMAGE

    @property
    def kept(self) -> ImageName:
        """Under which name it is kept when it is replaced; kk then pushes that as well."""
        return self._replace(tag=self.tag + KEPT)

    @property
    def is_kept(self) -> bool:
        """Whether it is an image that was replaced, the first original or a later one."""
        return re.search(rf"{KEPT}(-[2-9])?\Z", self.tag) is not None

    @property
    def replaced(self) -> ImageName | None:
        """Of the first original: what it was called. None for any other."""
        tag = self.tag.removesuffix(KEPT)
        return self._replace(tag=tag) if tag not in ("", self.tag) else None

    def name(self, platform: Platform) -> str:
        """The name of one platform's image."""
        variant = f"-{platform.variant}" if platform.architecture == "arm" else ""
        variant = "" if variant == "-" else variant
        return f"{self}-{platform.architecture}{variant}"


class Name(NamedTuple):
    """A name in a layout, taken apart."""

    text: str
    group: ImageName
    platform: Platform

    def __str__(self) -> str:
        return self.text


def parse_name(text: str) -> Name | None:
    """A name of kk's; None for any other."""
    head, colon, tag = text.rpartition(":")
    match = _ARCHITECTURE.fullmatch(tag)
    if not colon or match is None or not _TAG.fullmatch(tag):
        return None
    group = ImageName(f"{head}:", match["rest"])
    if group.full and not _FULL.fullmatch(group.prefix):
        return None
    return Name(text, group, Platform("linux", match["arch"], match["variant"] or ""))


def groups(entries: Iterable[tuple[str, Descriptor]]) -> dict[ImageName, dict[Name, Descriptor]]:
    """The entries of a layout by image, in order; names that are not kk's are left out."""
    found: dict[ImageName, dict[Name, Descriptor]] = {}
    for text, descriptor in entries:
        name = parse_name(text)
        if name is not None:
            found.setdefault(name.group, {})[name] = descriptor
    return found


def without_architecture(ref: str) -> tuple[str, str]:
    """``v3.3.2-amd64`` as ``v3.3.2`` and ``-amd64``; a name without one stays whole."""
    head, colon, tag = ref.rpartition(":")
    match = _ARCHITECTURE.fullmatch(tag)
    if match is None:
        return ref, ""
    return f"{head}{colon}{match['rest']}", tag[len(match["rest"]) :]


def kept_ref(ref: str) -> str:
    """The REF under which what REF names is kept: ``v3.3.2-orig``, ``…:v3.3.2-orig-amd64``."""
    whole, architecture = without_architecture(ref)
    return f"{whole}{KEPT}{architecture}"


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
