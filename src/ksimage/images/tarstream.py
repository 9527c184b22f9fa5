"""The bytes of a tar archive, from a stream or from a file that can be entered anywhere, and its
headers as Go's archive/tar reads them: v7, USTAR, GNU, star, PAX.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from ksimage.errors import MalformedImage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import NoReturn

BLOCK = 512
MAX_SPECIAL = 1 << 20
"""Bytes of one PAX or GNU long-name header (archive/tar: maxSpecialFileSize)."""


class TarStream(ABC):
    """Exactly sized reads.

    Attributes:
        position: of the next byte in the archive.
    """

    def __init__(self, name: str, what: str) -> None:
        self._name = name
        self._what = what
        self.position = 0

    @abstractmethod
    def take(self, size: int) -> bytes:
        """The next ``size`` bytes; fewer at the end. Callers bound ``size``."""

    @abstractmethod
    def skip(self, size: int) -> int:
        """Pass over ``size`` bytes; how many there were."""

    @abstractmethod
    def drain(self) -> None:
        """Read the rest: padding, as far as tar is concerned."""

    def refuse(self, reason: str) -> NoReturn:
        """Raise MalformedImage."""
        raise MalformedImage(self._name, f"{self._what} is no intact tar archive: {reason}")

    def special(self, size: int) -> bytes:
        """The content of a header that speaks of the next one."""
        if size > MAX_SPECIAL:
            self.refuse(f"a header record of {size} bytes (at most {MAX_SPECIAL} are accepted)")
        data = self.take(size)
        if len(data) < size:
            self.refuse("it ends within a header")
        self.skip(-size % BLOCK)
        return data


class ChunkStream(TarStream):
    """Chunks that pass by once."""

    def __init__(self, name: str, chunks: Iterable[bytes]) -> None:
        super().__init__(name, "a layer")
        self._chunks = iter(chunks)
        self._chunk = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        end = self._at + size
        if end <= len(self._chunk):
            piece = self._chunk[self._at : end]
            self._at = end
            self.position += size
            return piece
        parts = [self._chunk[self._at :]]
        left = size - len(parts[0])
        self._at = len(self._chunk)
        while left and self._more():
            self._at = min(left, len(self._chunk))
            parts.append(self._chunk[: self._at])
            left -= self._at
        self.position += size - left
        return b"".join(parts)

    def skip(self, size: int) -> int:
        left = size
        while left:
            step = min(left, len(self._chunk) - self._at)
            self._at += step
            left -= step
            if left and not self._more():
                break
        self.position += size - left
        return size - left

    def drain(self) -> None:
        for _ in self._chunks:
            pass

    def _more(self) -> bool:
        for chunk in self._chunks:
            if chunk:
                self._chunk, self._at = chunk, 0
                return True
        return False


class FileStream(TarStream):
    """A file that can be entered anywhere: ``read(size, offset)``, of ``size`` bytes."""

    def __init__(self, name: str, read: Callable[[int, int], bytes], size: int) -> None:
        super().__init__(name, "it")
        self._read = read
        self._size = size

    def take(self, size: int) -> bytes:
        data = self._read(size, self.position)
        self.position += len(data)
        return data

    def skip(self, size: int) -> int:
        step = min(size, max(0, self._size - self.position))
        self.position += step
        return step

    def drain(self) -> None:
        """Nobody hashes it."""


MAX_RECORDS = 16_384
"""Records in one PAX header."""

_INTEGER = re.compile(rb"-?[0-9]{1,19}")
_GNU_TIMES = re.compile(rb"(?:[\x80-\xff]|[ \0]*[0-7]*[ \0]+).{11}", re.DOTALL)
_TIME = re.compile(rb"-?[0-9]{1,19}(\.[0-9]*)?")


class Header:
    """The fixed part of a header, as the four formats (v7, USTAR, GNU, star) have it."""

    def __init__(self, stream: TarStream, block: bytes) -> None:
        self._stream = stream
        stated = self._number(block[148:156])
        plain = block[:148] + b" " * 8 + block[156:]
        total = sum(plain)
        # Sun's tar summed signed bytes.
        if stated != total and stated != total - 256 * sum(byte > 127 for byte in plain):
            stream.refuse("a header's checksum is wrong")
        self.type = block[156:157]
        self.name = text_of(block[:100])
        self.link = text_of(block[157:257])
        self.mode = self._number(block[100:108])
        self.uid = self._number(block[108:116])
        self.gid = self._number(block[116:124])
        self.size = self._number(block[124:136])
        # the time: GNU writes those before 1970 in base 256
        self.mtime = self._number(block[136:148], signed=True)
        magic, prefix = block[257:265], block[345:500]
        if magic == b"ustar\x0000":
            if block[508:512] == b"tar\0":
                prefix = block[345:476]
            if prefix := text_of(prefix):
                self.name = prefix + b"/" + self.name
        self.extended = False
        if magic == b"ustar  \0":
            self.extended = self.type == b"S" and block[482] != 0
            prefix = text_of(prefix)
            if prefix and not _GNU_TIMES.match(block, 345):
                # Go before 1.8 wrote a prefix where GNU has times of access and change.
                self.name = prefix + b"/" + self.name

    def _number(self, field: bytes, *, signed: bool = False) -> int:
        if field[0] & 0x80:
            if field[0] & 0x40 and signed:
                return int.from_bytes(field, "big", signed=True)
            value = int.from_bytes(field, "big") & ~(0x80 << 8 * (len(field) - 1))
            if field[0] & 0x40 or value >= 1 << 63:
                self._stream.refuse("a number in a header is negative or too large")
            return value
        digits = text_of(field.strip(b" \0"))
        if digits.strip(b"01234567"):
            self._stream.refuse(f"{field[:24]!r} in a header is no number")
        return int(digits or b"0", 8)


def override(stream: TarStream, records: Mapping[bytes, bytes], key: bytes, value: int) -> int:
    """The number of a PAX record where there is one, else ``value``."""
    text = records.get(key)
    if not text:
        return value
    number = int(text) if _INTEGER.fullmatch(text) else -1
    if not 0 <= number < 1 << 63:
        stream.refuse(f"the PAX record {key.decode()} is {text[:24]!r}")
    return number


def pax(stream: TarStream, data: bytes) -> Mapping[bytes, bytes]:
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


def text_of(field: bytes) -> bytes:
    """A field up to its NUL."""
    return field.partition(b"\0")[0]
