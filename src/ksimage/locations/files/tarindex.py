"""Random access to the members of a tar file that nobody vouches for.

Headers are scanned once; after that a member is an offset and a size. Nothing is unpacked, so names
that climb out of the archive are merely never looked up. A compressed archive (``docker save |
gzip``) is spooled uncompressed into a temporary file first: it cannot be entered in the middle.
"""

from __future__ import annotations

import os
import posixpath
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ksimage.errors import CannotRead, ImageNotFound, MalformedImage
from ksimage.images import tar
from ksimage.images.compression import decompress, kind_of
from ksimage.images.tarstream import FileStream
from ksimage.locations.files import staging
from ksimage.locations.files.verification import require_small
from ksimage.locations.protocol import CHUNK

MAX_MEMBERS = 50_000
MAX_SPOOL = 64 << 30
MAX_LINKS = 8
_OTHERS = {b"\xfd7zXZ\0": "xz", b"BZh": "bzip2"}


class Extent(NamedTuple):
    """Where a member is. ``link`` is the resolved path of what it links to, for links only."""

    offset: int
    size: int
    link: str = ""


class TarIndex:
    """The regular files and links of a tar file, by normalised path.

    The file is opened and scanned at the first question. Thread-safe.

    Args:
        path: a tar file, plain or compressed; or one that is open already, and is closed with this.
        name: the location as a user would type it.
    """

    def __init__(self, path: Path | BinaryIO, name: str) -> None:
        self._path = path
        self._name = name
        self._file = None if isinstance(path, Path) else path
        self._members: dict[str, Extent] | None = None
        self._guard = threading.Lock()

    @property
    def members(self) -> dict[str, Extent]:
        """All of them.

        Raises:
            ImageNotFound: no such file. CannotRead.
            MalformedImage: no tar, truncated, or beyond a bound.
        """
        with self._guard:
            if self._members is None:
                if isinstance(self._path, Path):
                    self._file = open_file(self._path, self._name)
                try:
                    self._members = self._scan(self._unpack())
                except BaseException:
                    self.close()
                    raise
            return self._members

    def close(self) -> None:
        """Close the file, and remove the temporary one. May be called twice."""
        self._members = None
        if self._file is not None:
            self._file.close()

    def _unpack(self) -> int:
        """The archive's size, once it is uncompressed."""
        assert self._file is not None
        magic = self._pread(6, 0)
        if kind_of(magic):
            with self._file as compressed:
                chunks = self._chunks(0, os.fstat(compressed.fileno()).st_size)
                plain = decompress(self._name, chunks, what="the archive", limit=MAX_SPOOL)
                self._file = staging.spooled(plain)
        for prefix, tool in _OTHERS.items():
            if magic.startswith(prefix):
                raise MalformedImage(
                    self._name,
                    f"the archive is compressed with {tool}",
                    advice=[f"{tool} -d < {self._path} > image.tar"],
                )
        return os.fstat(self._file.fileno()).st_size

    def size(self, path: str) -> int | None:
        """Bytes of the regular file at ``path``, links followed; None when there is none."""
        span = self._find(path)
        return span.size if span else None

    @contextmanager
    def stream(self, path: str, offset: int = 0) -> Iterator[Iterator[bytes]]:
        """The file's bytes from ``offset``, in chunks. Raises MalformedImage when missing."""
        span = self._find(path)
        if span is None:
            raise MalformedImage(self._name, f"the archive has no {path}")
        yield self._chunks(span.offset + offset, span.size - offset)

    def read(self, path: str, limit: int) -> bytes | None:
        """A whole small file, or None. Raises MalformedImage when it exceeds ``limit``."""
        size = self.size(path)
        if size is None:
            return None
        require_small(self._name, path, size, limit)
        with self.stream(path) as chunks:
            return b"".join(chunks)

    def _find(self, path: str) -> Extent | None:
        for _ in range(MAX_LINKS):
            span = self.members.get(path)
            if span is None or not span.link:
                return span
            path = span.link
        raise MalformedImage(self._name, f"{path[:200]} is a link to a link to a link…")

    def _pread(self, size: int, offset: int) -> bytes:
        assert self._file is not None
        return pread(self._file, self._name, size, offset)

    def _chunks(self, offset: int, left: int) -> Iterator[bytes]:
        while left > 0:
            chunk = self._pread(min(left, CHUNK), offset)
            if not chunk:
                raise MalformedImage(self._name, "the archive ends in the middle of a file")
            left -= len(chunk)
            offset += len(chunk)
            yield chunk

    def _scan(self, size: int) -> dict[str, Extent]:
        spans: dict[str, Extent] = {}
        for count, member in enumerate(tar.walk(FileStream(self._name, self._pread, size))):
            if count >= MAX_MEMBERS:
                raise MalformedImage(self._name, f"more than {MAX_MEMBERS} members")
            path = _normal(member.name)
            if path is None:
                continue
            if member.kind is tar.Kind.FILE:
                spans[path] = Extent(member.offset, member.size)
            elif member.kind in (tar.Kind.SYMBOLIC_LINK, tar.Kind.HARD_LINK):
                inside = posixpath.dirname(path) if member.kind is tar.Kind.SYMBOLIC_LINK else ""
                target = _normal(posixpath.join(inside, member.link))
                if target is not None:
                    spans[path] = Extent(0, 0, target)
            elif member.kind is tar.Kind.SPARSE:
                raise MalformedImage(
                    self._name,
                    "the archive has files with holes: it was made by tar --sparse",
                    advice=["unpack it, and pack it again without --sparse (-S)"],
                )
        return spans


def pread(file: BinaryIO, name: str, size: int, offset: int) -> bytes:
    """Bytes of a file that several threads may read at once. Raises CannotRead."""
    try:
        return os.pread(file.fileno(), size, offset)
    except OSError as error:
        raise CannotRead(name, error) from error


def open_file(path: Path, name: str) -> BinaryIO:
    """Open to read, unbuffered. Raises ImageNotFound, CannotRead."""
    if path.exists() and not path.is_file():
        raise ImageNotFound(name, why=f"{path} is not a file")
    try:
        return path.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise ImageNotFound(name, why=f"there is no file {path}") from error
    except OSError as error:
        raise CannotRead(path, error) from error


def _normal(path: str) -> str | None:
    """``./a//b`` -> ``a/b``; None for what climbs out or is absolute."""
    normal = posixpath.normpath(path)
    if normal.startswith(("/", "../")) or normal in (".", ".."):
        return None
    return normal
