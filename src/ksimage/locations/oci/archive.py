"""``oci-archive:FILE[:REF]``: an OCI image layout as one tar file.

A target writes a new file beside FILE and renames it when the image is complete: FILE is the old
archive or the whole new one, never a part, and never both (other images in the old one are gone).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ksimage.errors import AmbiguousImage, ImageNotFound, MalformedImage, NotOurs
from ksimage.images.digest import sha256
from ksimage.images.manifest import MAX_MANIFEST, Descriptor
from ksimage.images.mediatypes import OCI_INDEX
from ksimage.locations.files.tarindex import TarIndex
from ksimage.locations.oci.blobtar import BlobTar
from ksimage.locations.oci.documents import INDEX_FILE, LAYOUT, LAYOUT_FILE, index_of, named
from ksimage.locations.oci.layout import LayoutReader
from ksimage.text import did_you_mean

if TYPE_CHECKING:
    from ksimage.locations.protocol import Source

FOLDERS = ("blobs", "blobs/sha256")


class OciArchiveSource(LayoutReader):
    """An image in an OCI archive; the file is opened at the first question and kept open."""

    def __init__(self, path: Path, ref: str = "", *, digest: str | None = None) -> None:
        name = f"oci-archive:{path}" + (f":{ref}" if ref else "")
        super().__init__(name + (f"@{digest}" if digest else ""), ref, digest)
        self._path_of_file = path
        self._index = TarIndex(path, self.name)

    def entries(self) -> tuple[Descriptor, ...]:
        try:
            return super().entries()
        except ImageNotFound as error:
            if self._size(f"images/{INDEX_FILE}") is not None:
                raise ImageNotFound(
                    self.name,
                    why="it is KubeKey's artifact, which has its images in a folder of its own",
                    advice=did_you_mean([f"kubekey:{self._path_of_file}"]),
                ) from error
            if self._size("manifest.json") is None:
                raise
            raise ImageNotFound(
                self.name,
                why="it is a Docker archive",
                advice=[f"docker-archive:{self._path_of_file}"],
            ) from error

    def close(self) -> None:
        self._index.close()

    def _size(self, path: str) -> int | None:
        return self._index.size(path)

    def _stream(self, path: str, offset: int) -> AbstractContextManager[Iterator[bytes]]:
        return self._index.stream(path, offset)


class ArchiveTarget(BlobTar, ABC):
    """A destination in an archive: one file, which is replaced whole.

    Args:
        path: the file to make or replace.
        ref: the image's name inside.

    Attributes:
        kind: ``oci-archive`` or ``docker-archive``.
        marker: the member that an archive of this kind has.
        listing: the member that lists its images.
    """

    kind: ClassVar[str]
    marker: ClassVar[str]
    listing: ClassVar[str]

    def __init__(self, path: Path, ref: str = "") -> None:
        self.ref = ref
        name = f"{self.kind}:{path}" + (f":{ref}" if ref else "")
        super().__init__(name, path, FOLDERS, self._check)

    def held(self) -> Descriptor | None:
        """The image of this name; or, as the file is replaced whole, what else would be lost.

        That is told as a descriptor of the list of images, which is no image's digest.
        """
        self._check()
        with closing(self._source()) as source:
            try:
                return source.top()
            except (AmbiguousImage, ImageNotFound):
                return self._others()

    @abstractmethod
    def _source(self) -> Source:
        """The image of this name in what is there now."""

    def _check(self) -> None:
        """Raise NotOurs when something is there that is no archive of this kind."""
        if not self.path.exists() or (self.path.is_file() and not self.path.stat().st_size):
            return
        wanted = f"{self.kind} file"
        if not self.path.is_file():
            raise NotOurs(self.path, wanted, "it is not a file")
        with closing(TarIndex(self.path, f"{self.kind}:{self.path}")) as index:
            try:
                marked = index.size(self.marker) is not None
            except MalformedImage as error:
                raise NotOurs(self.path, wanted, error.why) from error
        if not marked:
            raise NotOurs(self.path, wanted, f"it has no {self.marker}")

    def _others(self) -> Descriptor | None:
        if not self.path.exists():
            return None
        with closing(TarIndex(self.path, f"{self.kind}:{self.path}")) as index:
            data = index.read(self.listing, MAX_MANIFEST) or b""
        empty = b"sha256:" not in data and b'"Config"' not in data
        return None if empty else Descriptor(OCI_INDEX, sha256(data), len(data))


class OciArchiveTarget(ArchiveTarget):
    """A destination in an OCI archive."""

    kind, marker, listing = "oci-archive", LAYOUT_FILE, INDEX_FILE

    def platform(self) -> str | None:
        return None

    def tag(self, descriptor: Descriptor, data: bytes) -> None:
        self.put_manifest(descriptor, data)
        index = index_of(named(descriptor, self.ref))
        self.commit([(LAYOUT_FILE, LAYOUT), (INDEX_FILE, index)])

    def _source(self) -> Source:
        return OciArchiveSource(self.path, self.ref)
