"""``oci-archive:FILE[:REF]``: an OCI image layout as one tar file.

A target writes a new file beside FILE and renames it when the image is complete: FILE is the old
archive or the whole new one, never a part, and never both (other images in the old one are gone).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from ksimage.errors import AmbiguousImage, ImageNotFound, MalformedImage, NotOurs
from ksimage.images.digest import sha256
from ksimage.images.manifest import MAX_MANIFEST, Descriptor, encode
from ksimage.images.mediatypes import OCI_INDEX
from ksimage.locations.files.tarindex import TarIndex
from ksimage.locations.files.tarwriter import TarWriter
from ksimage.locations.files.verification import hex_of
from ksimage.locations.oci.layout import INDEX_FILE, LAYOUT, LAYOUT_FILE, LayoutReader, named
from ksimage.locations.protocol import Outcome, Source, Transfer

FOLDERS = ("blobs", "blobs/sha256")


class OciArchiveSource(LayoutReader):
    """An image in an OCI archive; the file is opened at the first question and kept open."""

    def __init__(self, path: Path, ref: str = "", *, digest: str | None = None) -> None:
        name = f"oci-archive:{path}" + (f":{ref}" if ref else "")
        super().__init__(name + (f"@{digest}" if digest else ""), ref, digest)
        self._path_of_file = path
        self._opened: TarIndex | None = None
        self._guard = threading.Lock()

    def entries(self) -> tuple[Descriptor, ...]:
        try:
            return super().entries()
        except ImageNotFound as error:
            if self._size("manifest.json") is None:
                raise
            raise ImageNotFound(
                self.name,
                why="it is a Docker archive",
                advice=[f"docker-archive:{self._path_of_file}"],
            ) from error

    def close(self) -> None:
        with self._guard:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _size(self, path: str) -> int | None:
        return self._index().size(path)

    def _stream(self, path: str, offset: int) -> AbstractContextManager[Iterator[bytes]]:
        return self._index().stream(path, offset)

    def _index(self) -> TarIndex:
        with self._guard:
            if self._opened is None:
                self._opened = TarIndex(self._path_of_file, self.name)
            return self._opened


class OciArchiveTarget:
    """A destination in an archive.

    The order of the members is the order of the calls, so they must come one at a time
    (``max_jobs``) for the archive's bytes to depend on the image alone.

    Args:
        path: the file to make or replace.
        ref: the image's name inside.
    """

    max_jobs = 1
    scheme = "oci-archive"
    marker = LAYOUT_FILE
    list_file = INDEX_FILE

    def __init__(self, path: Path, ref: str = "") -> None:
        self.path = path
        self.ref = ref
        self._name = f"{self.scheme}:{path}" + (f":{ref}" if ref else "")
        self._writer: TarWriter | None = None
        self._written: set[str] = set()
        self._guard = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    def open_source(self) -> Source:
        """The archive that is at the destination now."""
        return OciArchiveSource(self.path, self.ref)

    def held(self) -> Descriptor | None:
        """The image of this name; or, as the file is replaced whole, what else would be lost.

        That is told as a descriptor of the list of images, which is no image's digest.
        """
        self._check_destination()
        source = self.open_source()
        try:
            return source.top()
        except (AmbiguousImage, ImageNotFound):
            return self._others()
        finally:
            source.close()

    def put_blob(self, descriptor: Descriptor, source: Source) -> Transfer:
        with self._guard:
            if descriptor.digest in self._written:
                return Transfer(descriptor, Outcome.PRESENT)
            with source.blob(descriptor) as chunks:
                self._add(descriptor, chunks)
            return Transfer(descriptor, Outcome.SENT, descriptor.size)

    def put_manifest(self, descriptor: Descriptor, data: bytes) -> None:
        with self._guard:
            if descriptor.digest not in self._written:
                self._add(descriptor, [data])

    def tag(self, descriptor: Descriptor, data: bytes) -> None:
        self._complete(descriptor, data).commit()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.discard()

    def _complete(self, descriptor: Descriptor, data: bytes) -> TarWriter:
        """Write all but the end of the archive."""
        self.put_manifest(descriptor, data)
        writer = self._open()
        for name, content in self._closing(descriptor, data):
            writer.add(name, len(content), [content])
        return writer

    def _closing(
        self,
        descriptor: Descriptor,
        data: bytes,  # noqa: ARG002 (for subclasses)
    ) -> list[tuple[str, bytes]]:
        """The files that make a layout of the blobs before them."""
        return [
            (LAYOUT_FILE, LAYOUT),
            (INDEX_FILE, index_of(named(descriptor, self.ref))),
        ]

    def _add(self, descriptor: Descriptor, chunks: Any) -> None:
        path = f"blobs/sha256/{hex_of(self.name, descriptor.digest)}"
        self._open().add(path, descriptor.size, chunks)
        self._written.add(descriptor.digest)

    def _open(self) -> TarWriter:
        if self._writer is None:
            self._check_destination()
            self._writer = TarWriter(self.path, FOLDERS)
        return self._writer

    def _others(self) -> Descriptor | None:
        if not self.path.exists():
            return None
        index = TarIndex(self.path, self.name)
        try:
            data = index.read(self.list_file, MAX_MANIFEST) or b""
        finally:
            index.close()
        empty = b"sha256:" not in data and b'"Config"' not in data
        return None if empty else Descriptor(OCI_INDEX, sha256(data), len(data))

    def _check_destination(self) -> None:
        """Raise NotOurs when something is there that is no archive of this kind."""
        if not self.path.exists() or (self.path.is_file() and not self.path.stat().st_size):
            return
        wanted = f"{self.scheme} file"
        if not self.path.is_file():
            raise NotOurs(self.path, wanted, "it is not a file")
        try:
            index = TarIndex(self.path, self.name)
        except MalformedImage as error:
            raise NotOurs(self.path, wanted, error.why) from error
        marked = index.size(self.marker) is not None
        index.close()
        if not marked:
            raise NotOurs(self.path, wanted, f"it has no {self.marker}")


def index_of(*entries: dict[str, Any]) -> bytes:
    """An ``index.json`` with these entries."""
    return encode({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(entries)})
