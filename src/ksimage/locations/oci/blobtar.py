"""A tar file of blobs in the making: what targets that become OCI or Docker archives share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ksimage.locations.files.tarwriter import TarWriter
from ksimage.locations.files.verification import hex_of
from ksimage.locations.protocol import Outcome, Source, Transfer

if TYPE_CHECKING:
    from ksimage.images.manifest import Descriptor


class BlobTar:
    """The part of a target that takes blobs by digest, then the files that make an image of them.
    Thread-safe.

    The order of the members is the order of the calls, so they must come one at a time for the
    file's bytes to depend on the image alone.

    Args:
        name: the location, for messages.
        path: the file to make or replace; a staged one stands beside it until :meth:`commit`.
        folders: members to begin with.
        before: called before anything is written; raises when that would be in vain.
    """

    max_jobs = 1

    def __init__(
        self, name: str, path: Path, folders: Iterable[str], before: Callable[[], object]
    ) -> None:
        self.name = name
        self._path = path
        self._folders = tuple(folders)
        self._before = before
        self._writer: TarWriter | None = None
        self._written: set[str] = set()
        self._guard = threading.Lock()

    def put_blob(self, descriptor: Descriptor, source: Source) -> Transfer:
        """Append a blob, once."""
        with self._guard:
            if descriptor.digest in self._written:
                return Transfer(descriptor, Outcome.PRESENT)
            with source.blob(descriptor) as chunks:
                self._add(descriptor, chunks)
            return Transfer(descriptor, Outcome.SENT, descriptor.size)

    def put_manifest(self, descriptor: Descriptor, data: bytes) -> None:
        """Append a manifest, once."""
        with self._guard:
            if descriptor.digest not in self._written:
                self._add(descriptor, [data])

    def missing(self, descriptors: Iterable[Descriptor]) -> list[str]:
        """The digests of those that were not put."""
        return [blob.digest for blob in descriptors if blob.digest not in self._written]

    def commit(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Append the files that come last, and put the whole in its place."""
        self._end(files).commit()

    def finish(self, files: Iterable[tuple[str, bytes]]) -> BinaryIO:
        """The same, but the finished file is handed out, to be read; it has no name to stay."""
        return self._end(files).finish()

    def close(self) -> None:
        """Remove what is unfinished. May be called twice, and after all."""
        if self._writer is not None:
            self._writer.discard()

    def _end(self, files: Iterable[tuple[str, bytes]]) -> TarWriter:
        writer = self._open()
        for name, content in files:
            writer.add(name, len(content), [content])
        return writer

    def _add(self, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        path = f"blobs/sha256/{hex_of(self.name, descriptor.digest)}"
        self._open().add(path, descriptor.size, chunks)
        self._written.add(descriptor.digest)

    def _open(self) -> TarWriter:
        if self._writer is None:
            self._before()
            self._writer = TarWriter(self._path, self._folders)
        return self._writer
