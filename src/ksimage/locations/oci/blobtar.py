"""A tar file of blobs in the making: what targets that become OCI or Docker archives share.

Its bytes depend on its members and their order alone.
"""

from __future__ import annotations

import tarfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ksimage.errors import CannotWrite, MalformedImage
from ksimage.images.tar import header
from ksimage.locations.files.staging import Staged, sweep
from ksimage.locations.oci.documents import blob_path
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
        folders: members (mode 0755) to begin with. Where a file's folder is no member, skopeo and
            podman give it to root, which they cannot when another user runs them.
        before: called before anything is written; raises when that would be in vain.
    """

    max_jobs = 1

    def __init__(
        self, name: str, path: Path, folders: Iterable[str], before: Callable[[], object]
    ) -> None:
        self.name = name
        self.path = path
        self._folders = tuple(folders)
        self._before = before
        self._staged: Staged | None = None
        self._written: set[str] = set()
        self._guard = threading.Lock()

    def put_blob(self, descriptor: Descriptor, source: Source) -> Transfer:
        """Append a blob, once. Raises CannotWrite, and MalformedImage: its size does not hold."""
        with self._guard:
            if descriptor.digest in self._written:
                return Transfer(descriptor, Outcome.PRESENT)
            with source.blob(descriptor) as chunks:
                self._add_blob(descriptor, chunks)
            return Transfer(descriptor, Outcome.SENT, descriptor.size)

    def put_manifest(self, descriptor: Descriptor, data: bytes) -> None:
        """Append a manifest, once."""
        with self._guard:
            if descriptor.digest not in self._written:
                self._add_blob(descriptor, [data])

    def missing(self, descriptors: Iterable[Descriptor]) -> list[str]:
        """The digests of those that were not put."""
        return [blob.digest for blob in descriptors if blob.digest not in self._written]

    def commit(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Append the files that come last, and put the whole in its place. Raises CannotWrite."""
        self.finish(files)
        self._open().commit(self.path)

    def finish(self, files: Iterable[tuple[str, bytes]]) -> BinaryIO:
        """The same, but the finished file is handed out, to be read; it has no name to stay."""
        for name, content in files:
            self._add(name, len(content), [content])
        staged = self._open()
        staged.write([bytes(2 * tarfile.BLOCKSIZE)])
        try:
            staged.file.seek(0)
        except OSError as error:  # what was buffered does not fit
            raise CannotWrite(self.path.parent, error) from error
        return staged.file

    def close(self) -> None:
        """Remove what is unfinished. May be called twice, and after all."""
        if self._staged is not None:
            self._staged.close()

    def _add_blob(self, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        self._add(blob_path(self.name, descriptor.digest), descriptor.size, chunks)
        self._written.add(descriptor.digest)

    def _add(self, name: str, size: int, chunks: Iterable[bytes]) -> None:
        staged = self._open()
        staged.write([header(name, size)])
        written = staged.write(chunks)
        if written != size:
            raise MalformedImage(name, f"{written} bytes instead of {size}")
        staged.write([bytes(-size % tarfile.BLOCKSIZE)])

    def _open(self) -> Staged:
        if self._staged is None:
            self._before()
            sweep(self.path.parent)
            self._staged = Staged(self.path.parent)
            self._staged.write(header(name, 0, tarfile.DIRTYPE) for name in self._folders)
        return self._staged
