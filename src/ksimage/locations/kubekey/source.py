"""``kubekey:PATH[:REF]`` to read: one ks-installer, whose platforms kk keeps apart."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ksimage.errors import DigestMismatch, ImageNotFound, KubekeyImagesNotFound, UnsupportedImage
from ksimage.images.manifest import Descriptor, Index, parse
from ksimage.images.mediatypes import MANIFEST_TYPES, OCI_INDEX
from ksimage.locations.kubekey import images
from ksimage.locations.oci.documents import LAYOUT_FILE
from ksimage.locations.oci.layout import LayoutSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from ksimage.locations.kubekey.images import Name
    from ksimage.locations.oci.layout import LayoutReader
    from ksimage.locations.protocol import Source

# Below the folder of the kk binary, below kk's own folder, and the layout itself.
_BELOW: Final = ("", "images", "kubekey/images")


def layout_folder(path: Path) -> Path:
    """The layout's folder. Raises KubekeyImagesNotFound."""
    for below in _BELOW:
        if (path / below / LAYOUT_FILE).is_file():
            return path / below
    why = f"none of {', '.join(str(path / below) for below in _BELOW)} has a file {LAYOUT_FILE}"
    if not path.exists():
        why = f"there is no {path}"
    elif any((path / below).is_dir() and any((path / below).glob("*.tar")) for below in _BELOW[1:]):
        why = "its images are tars, as kk v2.0 wrote them"
    raise KubekeyImagesNotFound(path, why)


def open_reader(path: Path, name: str) -> LayoutReader:
    """The layout at a path. Raises KubekeyImagesNotFound."""
    if path.is_file():
        from ksimage.locations.kubekey.artifact import ArtifactReader

        return ArtifactReader(path, name)
    return LayoutSource(layout_folder(path))


def installers(path: Path) -> list[Name]:
    """The names of ks-installer in the layout at a path, kept ones aside.

    Raises:
        KubekeyImagesNotFound, ImageNotFound, MalformedImage, CannotRead.
    """
    with closing(open_reader(path, f"kubekey:{path}")) as opened:
        found = images.installers(images.all_of(opened.entries()))
    if not found:
        raise ImageNotFound(f"kubekey:{path}", why="none of its images is ks-installer")
    return [name for group, image in found.items() if not group.is_kept for name in image.platforms]


class KubekeySource:
    """An image in kk's folder or artifact.

    An image of several platforms has an index: the one it was written with, if that was by us,
    else one made up of kk's names.

    Args:
        path: folder or artifact.
        ref: a tag of ks-installer or a whole name; "" for the only ks-installer.
        digest: what the manifest or index must be.
    """

    def __init__(self, path: Path, ref: str = "", *, digest: str | None = None) -> None:
        self.path = path
        self._ref = ref
        self._digest = digest
        self._place = f"kubekey:{path}"
        self.name = self._place + (f":{ref}" if ref else "") + (f"@{digest}" if digest else "")
        self._reader: LayoutReader | None = None
        self._made: dict[str, bytes] = {}
        self._top: Descriptor | None = None

    @property
    def reader(self) -> LayoutReader:
        """The whole layout. Raises KubekeyImagesNotFound."""
        if self._reader is None:
            self._reader = open_reader(self.path, self._place)
        return self._reader

    def names(self) -> list[str]:
        """The tags of ks-installer, or whole names where these are not enough."""
        found = images.installers(images.all_of(self.reader.entries()))
        tags = [group.tag for group in found]
        return tags if len(set(tags)) == len(tags) else [str(group) for group in found]

    def top(self) -> Descriptor:
        if self._top is None:
            found = images.all_of(self.reader.entries())
            top, data = self._joined(images.require(self._place, found, self._ref))
            if data:
                self._made[top.digest] = data
            elif top.media_type not in MANIFEST_TYPES:
                raise UnsupportedImage(self.name, f"media type {top.media_type!r} is no image")
            if self._digest not in (None, top.digest):
                raise DigestMismatch(self.name, str(self._digest), top.digest)
            self._top = top
        return self._top

    def _joined(self, image: images.Image) -> tuple[Descriptor, bytes]:
        if image.recorded:
            found = recorded(self.reader, image)
            if found is not None:
                return found
        return images.top(image)

    def manifest(self, descriptor: Descriptor) -> bytes:
        self.top()  # an index may have to be made up first
        made = self._made.get(descriptor.digest)
        return self.reader.manifest(descriptor) if made is None else made

    def blob(
        self, descriptor: Descriptor, offset: int = 0
    ) -> AbstractContextManager[Iterator[bytes]]:
        return self.reader.blob(descriptor, offset)

    def home(self, descriptor: Descriptor) -> Source:  # noqa: ARG002 (the protocol's)
        return self

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()


def recorded(reader: LayoutReader, image: images.Image) -> tuple[Descriptor, bytes] | None:
    """The index that an image was written with, if it is still there and means these platforms."""
    size = reader.size_of(image.recorded)
    if size is None:
        return None
    found = Descriptor(OCI_INDEX, image.recorded, size)
    data = reader.manifest(found)
    index = parse(image.recorded, data, found.media_type)
    if not isinstance(index, Index):
        return None
    wanted = {entry.digest for entry in image.platforms.values()}
    if {entry.digest for entry in index.manifests} != wanted:
        return None
    return Descriptor(index.media_type, found.digest, found.size), data
