"""Layers: read a hostile one entry by entry, write one with a single file reproducibly.

A layer is a tar archive with whiteouts (OCI image-spec, layer.md). The one written here depends on
nothing but its file: USTAR, fixed fields, and a gzip wrapper of stored blocks, because compressed
bytes differ between zlib versions and zlib-ng.
"""

from __future__ import annotations

import hashlib
import io
import posixpath
import struct
import tarfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from ksimage.errors import MalformedImage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_ENTRIES = 1_000_000
MAX_HEADER = 1 << 20  # a PAX or GNU long-name record of more bytes is an attack

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"


@dataclass(frozen=True)
class LayerFile:
    """A regular file as it is to stand in a layer. ``path`` has no leading slash."""

    path: str
    data: bytes
    mode: int
    uid: int
    gid: int
    mtime: int


@dataclass(frozen=True)
class Layer:
    """A finished layer: the gzip bytes, their digest, and the digest of the tar inside."""

    data: bytes
    digest: str
    diff_id: str


def write_layer(file: LayerFile) -> Layer:
    """The layer that holds exactly ``file``: no parent directories, no names of users."""
    info = tarfile.TarInfo(file.path)
    info.size = len(file.data)
    info.mode, info.uid, info.gid = file.mode & 0o7777, file.uid, file.gid
    info.mtime = file.mtime
    tar = info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")
    tar += file.data + bytes(-len(file.data) % tarfile.BLOCKSIZE)
    tar += bytes(2 * tarfile.BLOCKSIZE)
    data = store_gzip(tar)
    return Layer(data, _digest(data), _digest(tar))


def store_gzip(data: bytes) -> bytes:
    """``data`` as a gzip member of stored deflate blocks (RFC 1951 3.2.4, RFC 1952).

    No time, no name, "unknown" operating system: the same bytes whatever compressor is linked.
    """
    out = [b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"]
    for start in range(0, max(len(data), 1), 0xFFFF):
        block = data[start : start + 0xFFFF]
        last = start + 0xFFFF >= len(data)
        out.append(struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF) + block)
    out.append(struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF))
    return b"".join(out)


@dataclass(frozen=True)
class Entry:
    """One member of a layer. ``path`` is normalised: relative, no ``.`` or empty parts."""

    path: str
    info: tarfile.TarInfo
    _file: IO[bytes] | None

    def read(self, limit: int) -> bytes:
        """The content of a regular file of at most ``limit`` bytes. Raises MalformedImage."""
        if self._file is None or self.info.size > limit:
            raise MalformedImage(
                self.path, f"a file of {self.info.size} bytes (at most {limit} are accepted)"
            )
        return self._file.read()


def read_layer(name: str, chunks: Iterable[bytes]) -> Iterator[Entry]:
    """The entries of an uncompressed tar stream, in order; content readable until the next one.

    All of ``chunks`` is consumed, so that digests computed on the way are complete.

    Raises:
        MalformedImage: damaged, a name that leaves the root, or beyond the bounds.
    """
    stream = _Stream(name, iter(chunks))
    count = 0
    try:
        # Not mode "r|": tarfile would then read records of any announced size into memory.
        with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r:") as tar:
            for info in tar:
                count += 1
                if count > MAX_ENTRIES:
                    raise MalformedImage(name, f"a layer of more than {MAX_ENTRIES} entries")
                file = tar.extractfile(info) if info.isreg() else None
                yield Entry(normalise(name, info.name), info, file)
                tar.members = []  # type: ignore[attr-defined]
    except tarfile.ReadError as error:
        if count or not stream.empty:
            raise MalformedImage(name, f"a layer is no intact tar archive: {error}") from error
    except (tarfile.TarError, ValueError, EOFError, OverflowError, RecursionError) as error:
        raise MalformedImage(name, f"a layer is no intact tar archive: {error}") from error
    stream.drain()


def normalise(name: str, path: str) -> str:
    """A member's path without ``./``, ``//`` and leading slashes.

    Raises:
        MalformedImage: it climbs with ``..``.
    """
    if ".." in path.split("/"):
        raise MalformedImage(name, f"a layer's entry leaves the root: {path[:120]!r}")
    clean = posixpath.normpath(path.lstrip("/"))
    return "" if clean == "." else clean


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


class _Stream(io.RawIOBase):
    """Forward-only file for tarfile, which seeks ahead over content and one byte back."""

    def __init__(self, name: str, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._name = name
        self._chunks = chunks
        self._window = b""  # what was read last, for the one byte back, and what was not read yet
        self._start = 0  # position of the window's first byte
        self._position = 0
        self.empty = True

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == 1:
            offset += self._position
        elif whence != 0:
            message = "seeking from the end of a stream"
            raise io.UnsupportedOperation(message)
        if offset < self._start:
            message = f"a layer's tar headers point backwards (to byte {offset})"
            raise MalformedImage(self._name, message)
        while self._start + len(self._window) < offset and self._more():
            self._position = self._start + len(self._window)
        self._position = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > MAX_HEADER + (4 << 20):
            raise MalformedImage(self._name, f"a layer's tar record announces {size} bytes")
        while self._start + len(self._window) < self._position + size and self._more():
            pass
        begin = self._position - self._start
        piece = self._window[begin : begin + size] if begin <= len(self._window) else b""
        self._position += len(piece)
        return piece

    def _more(self) -> bool:
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        self.empty = self.empty and not chunk
        # Keep what is unread, and a block behind the reading position.
        keep = max(0, min(len(self._window), self._position - self._start - tarfile.BLOCKSIZE))
        self._start += keep
        self._window = self._window[keep:] + chunk
        return True

    def drain(self) -> None:
        """Read the rest: padding, as far as tar is concerned."""
        for _ in self._chunks:
            pass
