"""Read a tar stream that nobody vouches for: one member at a time, in bounded memory.

Container engines unpack layers with Go's archive/tar, so this reads what that reads, as that reads
it, and refuses what it refuses. Python's tarfile does neither: it takes a damaged header in the
middle for the end of the archive, applies global PAX headers to every member, and keeps sparse maps
and nested headers of any number in memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from ksimage.errors import MalformedImage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import NoReturn

BLOCK = 512
MAX_MEMBERS = 1_000_000
MAX_SPECIAL = 1 << 20
"""Bytes of one PAX or GNU long-name header (archive/tar: maxSpecialFileSize)."""
PIECE = 1 << 20
MAX_RECORDS = 16_384
"""Records in one PAX header."""


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
_INTEGER = re.compile(rb"-?[0-9]{1,19}")
_GNU_TIMES = re.compile(rb"(?:[\x80-\xff]|[ \0]*[0-7]*[ \0]+).{11}", re.DOTALL)
_TIME = re.compile(rb"-?[0-9]{1,19}(\.[0-9]*)?")


@dataclass(frozen=True)
class Member:
    """One member. ``name`` and ``link`` are as written, ``size`` counts the content's bytes.

    ``mtime``: whole seconds since the epoch, never before it. ``attributes``: its PAX records for
    extended attributes, by key (``SCHILY.xattr.user.name``).
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
    _content: _Content

    def read(self, limit: int) -> bytes:
        """The content of at most ``limit`` bytes; once, and before the next member is asked for.

        Raises:
            MalformedImage: larger, or the archive is truncated.
        """
        return self._content.read(limit)

    def pieces(self) -> Iterator[bytes]:
        """The content in pieces of at most 1 MiB; once, and before the next member is asked for.

        Raises:
            MalformedImage: the archive is truncated.
        """
        return self._content.pieces()


def members(name: str, chunks: Iterable[bytes]) -> Iterator[Member]:
    """The members of an uncompressed tar stream, in order.

    All of ``chunks`` is consumed, so that digests computed on the way are complete.

    Args:
        name: for messages.
        chunks: the stream.

    Raises:
        MalformedImage: damaged, truncated, or beyond the bounds.
    """
    stream = _Stream(name, iter(chunks))
    records: Mapping[bytes, bytes] = {}
    long: dict[bytes, bytes] = {}
    count = 0
    while (block := _next_header(stream)) is not None:
        count += 1
        if count > MAX_MEMBERS:
            stream.refuse(f"more than {MAX_MEMBERS} entries")
        header = _Header(stream, block)
        if header.type in (b"x", b"g", b"L", b"K"):
            data = stream.special(header.size)
            if header.type == b"x":
                records = _pax(stream, data)
            elif header.type != b"g":  # engines skip global headers
                long[header.type] = data.partition(b"\0")[0]
            continue
        member = _member(stream, header, records, long)
        records, long = {}, {}
        yield member
        member._content.skip()
    stream.drain()


class _Stream:
    """Chunks as exactly sized reads."""

    def __init__(self, name: str, chunks: Iterator[bytes]) -> None:
        self._name = name
        self._chunks = chunks
        self._chunk = b""
        self._at = 0

    def refuse(self, reason: str) -> NoReturn:
        raise MalformedImage(self._name, f"a layer is no intact tar archive: {reason}")

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes; fewer at the end. Callers bound ``size``."""
        end = self._at + size
        if end <= len(self._chunk):
            piece = self._chunk[self._at : end]
            self._at = end
            return piece
        parts = [self._chunk[self._at :]]
        left = size - len(parts[0])
        self._at = len(self._chunk)
        while left and self._more():
            self._at = min(left, len(self._chunk))
            parts.append(self._chunk[: self._at])
            left -= self._at
        return b"".join(parts)

    def skip(self, size: int) -> int:
        """Pass over ``size`` bytes; how many there were."""
        left = size
        while left:
            step = min(left, len(self._chunk) - self._at)
            self._at += step
            left -= step
            if left and not self._more():
                break
        return size - left

    def special(self, size: int) -> bytes:
        """The content of a header that speaks of the next one."""
        if size > MAX_SPECIAL:
            self.refuse(f"a header record of {size} bytes (at most {MAX_SPECIAL} are accepted)")
        data = self.take(size)
        if len(data) < size:
            self.refuse("it ends within a header")
        self.skip(-size % BLOCK)
        return data

    def drain(self) -> None:
        """Read the rest: padding, as far as tar is concerned."""
        for _ in self._chunks:
            pass

    def _more(self) -> bool:
        for chunk in self._chunks:
            if chunk:
                self._chunk, self._at = chunk, 0
                return True
        return False


class _Content:
    """What is left of one member's content, and its padding."""

    def __init__(self, stream: _Stream, size: int) -> None:
        self._stream = stream
        self._left = size
        self._padding = -size % BLOCK
        self._passed = False

    def read(self, limit: int) -> bytes:
        assert not self._passed, "content is there until the next member is asked for, and once"
        if self._left > limit:
            self._stream.refuse(f"a file of {self._left} bytes where at most {limit} are accepted")
        data = self._stream.take(self._left)
        if len(data) < self._left:
            self._stream.refuse("it ends within a file")
        self._left = 0
        self._passed = True
        return data

    def pieces(self) -> Iterator[bytes]:
        assert not self._passed, "content is there until the next member is asked for, and once"
        while self._left:
            piece = self._stream.take(min(self._left, PIECE))
            if not piece:
                self._stream.refuse("it ends within a file")
            self._left -= len(piece)
            yield piece

    def skip(self) -> None:
        if self._stream.skip(self._left) < self._left:
            self._stream.refuse("it ends within a file")
        self._stream.skip(self._padding)
        self._passed = True


def _next_header(stream: _Stream) -> bytes | None:
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


class _Header:
    """The fixed part of a header, as the four formats (v7, USTAR, GNU, star) have it."""

    def __init__(self, stream: _Stream, block: bytes) -> None:
        self._stream = stream
        stated = self._number(block[148:156])
        plain = block[:148] + b" " * 8 + block[156:]
        # Sun's tar summed signed bytes.
        if stated not in (sum(plain), sum(plain) - 256 * sum(byte > 127 for byte in plain)):
            stream.refuse("a header's checksum is wrong")
        self.type = block[156:157]
        self.name = _text(block[:100])
        self.link = _text(block[157:257])
        self.mode = self._number(block[100:108])
        self.uid = self._number(block[108:116])
        self.gid = self._number(block[116:124])
        self.size = self._number(block[124:136])
        self.mtime = self._number(block[136:148])
        magic, prefix = block[257:265], block[345:500]
        if magic == b"ustar\x0000":
            if block[508:512] == b"tar\0":
                prefix = block[345:476]
            if prefix := _text(prefix):
                self.name = prefix + b"/" + self.name
        self.extended = False
        if magic == b"ustar  \0":
            self.extended = self.type == b"S" and block[482] != 0
            prefix = _text(prefix)
            if prefix and not _GNU_TIMES.match(block, 345):
                # Go before 1.8 wrote a prefix where GNU has times of access and change.
                self.name = prefix + b"/" + self.name

    def _number(self, field: bytes) -> int:
        if field[0] & 0x80:
            value = int.from_bytes(field, "big") & ~(0x80 << 8 * (len(field) - 1))
            if field[0] & 0x40 or value >= 1 << 63:
                self._stream.refuse("a number in a header is negative or too large")
            return value
        digits = _text(field.strip(b" \0"))
        if digits.strip(b"01234567"):
            self._stream.refuse(f"{field[:24]!r} in a header is no number")
        return int(digits or b"0", 8)


def _member(
    stream: _Stream, header: _Header, records: Mapping[bytes, bytes], long: Mapping[bytes, bytes]
) -> Member:
    name = long.get(b"L") or records.get(b"path") or header.name
    link = long.get(b"K") or records.get(b"linkpath") or header.link
    size = _override(stream, records, b"size", header.size)
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
        _override(stream, records, b"uid", header.uid),
        _override(stream, records, b"gid", header.gid),
        size,
        _mtime(records, header.mtime),
        _decode(link),
        {_decode(key): value for key, value in records.items() if b".xattr." in key},
        _Content(stream, size if kind in _WITH_CONTENT else 0),
    )


def _mtime(records: Mapping[bytes, bytes], value: int) -> int:
    text = records.get(b"mtime")  # a number, as _pax has made sure
    return max(0, int(text.partition(b".")[0])) if text else value


def _override(stream: _Stream, records: Mapping[bytes, bytes], key: bytes, value: int) -> int:
    text = records.get(key)
    if not text:
        return value
    number = int(text) if _INTEGER.fullmatch(text) else -1
    if not 0 <= number < 1 << 63:
        stream.refuse(f"the PAX record {key.decode()} is {text[:24]!r}")
    return number


def _pax(stream: _Stream, data: bytes) -> Mapping[bytes, bytes]:
    """``LENGTH KEY=VALUE\\n`` again and again; the last of equal keys wins."""
    records: dict[bytes, bytes] = {}
    at = count = 0
    while at < len(data):
        space = data.find(b" ", at, at + 8)
        length = data[at:space] if space > 0 else b""
        end = at + int(length) if length.isdigit() else -1
        key, equals, value = data[space + 1 : max(end - 1, 0)].partition(b"=")
        if not space < end <= len(data) or data[end - 1 : end] != b"\n" or not (key and equals):
            stream.refuse("a PAX header is malformed")
        if b"\0" in (value if key in (b"path", b"linkpath", b"uname", b"gname") else key):
            stream.refuse("a PAX header holds a NUL")
        if key in (b"mtime", b"atime", b"ctime") and value and not _TIME.fullmatch(value):
            stream.refuse(f"the PAX record {key.decode()} is {value[:24]!r}")
        records[key] = value
        count += 1
        if count > MAX_RECORDS:
            stream.refuse(f"a PAX header of more than {MAX_RECORDS} records")
        at = end
    return records


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")
