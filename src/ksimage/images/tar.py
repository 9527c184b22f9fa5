"""Read a tar archive that nobody vouches for: one member at a time, in bounded memory.

Container engines unpack layers with Go's archive/tar, so this reads what that reads, as that reads
it, and refuses what it refuses. Python's tarfile does neither: it takes a damaged header in the
middle for the end of the archive, applies global PAX headers to every member, and keeps sparse maps
and nested headers of any number in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from ksimage.images.tarstream import BLOCK, ChunkStream, Header, TarStream, override, pax

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_MEMBERS = 1_000_000
_PIECE = 1 << 20


class Kind(Enum):
    """What a member is; values are its names in messages."""

    FILE = "file"
    HARD_LINK = "hard link"
    SYMBOLIC_LINK = "symbolic link"
    CHARACTER_DEVICE = "character device"
    BLOCK_DEVICE = "block device"
    DIRECTORY = "directory"
    FIFO = "named pipe"
    SPARSE = "sparse file"
    OTHER = "special file"


_KINDS = {
    b"0": Kind.FILE,
    b"\0": Kind.FILE,
    b"1": Kind.HARD_LINK,
    b"2": Kind.SYMBOLIC_LINK,
    b"3": Kind.CHARACTER_DEVICE,
    b"4": Kind.BLOCK_DEVICE,
    b"5": Kind.DIRECTORY,
    b"6": Kind.FIFO,
    b"S": Kind.SPARSE,
}
_WITH_CONTENT = (Kind.FILE, Kind.SPARSE, Kind.OTHER)
_ZEROS = bytes(BLOCK)


@dataclass
class Member:
    """One member. ``name`` and ``link`` are as written, ``size`` counts the content's bytes.

    ``mtime``: whole seconds since the epoch, never before it. ``attributes``: its PAX records for
    extended attributes, by key (``SCHILY.xattr.user.name``). ``offset``: of its content in
    the archive, in bytes.
    """

    name: str
    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    link: str
    attributes: Mapping[str, bytes]
    offset: int
    _stream: TarStream
    _left: int  # bytes of content that were not read yet
    _passed: bool = False

    def read(self, limit: int) -> bytes:
        """The content of at most ``limit`` bytes; once, and before the next member is asked for.

        Raises:
            MalformedImage: larger, or the archive is truncated.
        """
        if self._left > limit:
            self._stream.refuse(f"a file of {self._left} bytes where at most {limit} are accepted")
        data = b"".join(self.pieces())
        self._passed = True
        return data

    def pieces(self) -> Iterator[bytes]:
        """The content in pieces of at most 1 MiB; once, and before the next member is asked for.

        Raises:
            MalformedImage: the archive is truncated.
        """
        assert not self._passed, "content is there until the next member is asked for, and once"
        while self._left:
            piece = self._stream.take(min(self._left, _PIECE))
            if not piece:
                self._stream.refuse("it ends within a file")
            self._left -= len(piece)
            yield piece

    def skip(self) -> None:
        """Pass over the rest of it. Raises MalformedImage."""
        padding = -(self._stream.position - self.offset + self._left) % BLOCK
        if self._stream.skip(self._left) < self._left:
            self._stream.refuse("it ends within a file")
        self._stream.skip(padding)
        self._passed = True


def members(name: str, chunks: Iterable[bytes]) -> Iterator[Member]:
    """The members of an uncompressed tar stream, in order.

    All of ``chunks`` is consumed, so that digests computed on the way are complete.

    Args:
        name: for messages.
        chunks: the stream.

    Raises:
        MalformedImage: damaged, truncated, or beyond the bounds.
    """
    return walk(ChunkStream(name, chunks))


def walk(stream: TarStream) -> Iterator[Member]:
    """The members of an archive, in order. Raises as :func:`members`."""
    records: Mapping[bytes, bytes] = {}
    long: dict[bytes, bytes] = {}
    count = 0
    while (block := _next_header(stream)) is not None:
        count += 1
        if count > MAX_MEMBERS:
            stream.refuse(f"more than {MAX_MEMBERS} entries")
        header = Header(stream, block)
        if header.type in (b"x", b"g", b"L", b"K"):
            data = stream.special(header.size)
            if header.type == b"x":
                records = pax(stream, data)
            elif header.type != b"g":  # engines skip global headers
                long[header.type] = data.partition(b"\0")[0]
            continue
        member = _member(stream, header, records, long)
        records, long = {}, {}
        yield member
        member.skip()
    stream.drain()


def header(name: str, size: int, kind: bytes = b"0", *, mtime: int = 0) -> bytes:
    """The header of a regular file (mode 0644) or folder (kind ``5``, mode 0755) that is root's.

    GNU's: sizes beyond 8 GiB without a PAX header; Docker, containerd and Go read both.
    """
    import tarfile

    info = tarfile.TarInfo(name)
    info.type, info.size, info.mtime = kind, size, mtime
    info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def _next_header(stream: TarStream) -> bytes | None:
    """The next block, or None at the end: two blocks of zeros, one, or just the stream's end."""
    block = stream.take(BLOCK)
    if len(block) < BLOCK:
        if block:
            stream.refuse("it ends within a header")
        return None
    if block != _ZEROS:
        return block
    second = stream.take(BLOCK)
    if second.strip(b"\0"):
        stream.refuse("something follows a block of zeros")
    return None


def _member(
    stream: TarStream, header: Header, records: Mapping[bytes, bytes], long: Mapping[bytes, bytes]
) -> Member:
    name = long.get(b"L") or records.get(b"path") or header.name
    link = long.get(b"K") or records.get(b"linkpath") or header.link
    size = override(stream, records, b"size", header.size)
    if header.type == b"\0" and name.endswith(b"/"):
        kind = Kind.DIRECTORY
    else:
        kind = _KINDS.get(header.type, Kind.OTHER)
    if any(key.startswith(b"GNU.sparse.") for key in records):
        name = records.get(b"GNU.sparse.name") or name
        kind = Kind.SPARSE if kind is Kind.FILE else kind
    while header.extended:
        block = stream.take(BLOCK)
        if len(block) < BLOCK:
            stream.refuse("it ends within a header")
        header.extended = block[504] != 0
    return Member(
        _decode(name),
        kind,
        header.mode,
        override(stream, records, b"uid", header.uid),
        override(stream, records, b"gid", header.gid),
        size,
        _mtime(records, header.mtime),
        _decode(link),
        {_decode(key): value for key, value in records.items() if b".xattr." in key},
        stream.position,
        stream,
        size if kind in _WITH_CONTENT else 0,
    )


def _mtime(records: Mapping[bytes, bytes], value: int) -> int:
    text = records.get(b"mtime")  # a number, as ``pax`` has made sure
    return max(0, int(text.partition(b".")[0]) if text else value)


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")
