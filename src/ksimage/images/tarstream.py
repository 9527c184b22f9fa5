"""The bytes of a tar archive, from a stream or from a file that can be entered anywhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from ksimage.errors import MalformedImage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
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
