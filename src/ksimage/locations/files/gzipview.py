"""A gzip file entered in the middle, without unpacking it, and one written of several members.

While the content is read for the first time, copies of the decompressor are kept here and there. A
later read begins at the copy before it. Memory stays bounded: when there are too many copies, every
second one is dropped and they are made half as often.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from ksimage.errors import MalformedImage
from ksimage.images import compression
from ksimage.locations.files.tarindex import pread
from ksimage.locations.protocol import CHUNK

if TYPE_CHECKING:
    from zlib import _Compress, _Decompress

    from ksimage.locations.files.staging import Staged

INPUT: Final = 64 << 10
SPACING: Final = 8 << 20
MOST: Final = 256
MAX_CONTENT: Final = 256 << 30


class _Mark(NamedTuple):
    """A place where reading can begin: offsets in content and file, and the decompressor there."""

    content: int
    file: int
    state: _Decompress | None  # None: a gzip member begins here


class _Cursor:
    """Reads content onwards from a mark."""

    def __init__(self, view: GzipView, mark: _Mark) -> None:
        self._view = view
        self.content = mark.content
        self.file = mark.file
        self._state = mark.state.copy() if mark.state else None
        self._tail = b""

    def next(self) -> bytes:
        """The next piece, at most CHUNK bytes; empty at the end of the content."""
        while True:
            if not self._tail:
                self._view.visit(self)
                self._tail = self._view.compressed(self.file)
                self.file += len(self._tail)
                if not self._tail:
                    if self._state is None:
                        return b""
                    raise self._view.damaged("it ends too early")
            if self._state is None:
                self._tail = self._tail.lstrip(b"\0")  # padding between members, or behind all
                if not self._tail:
                    continue
                self._state = compression.decompressor()
            piece = self._inflate(self._state)
            if piece:
                self.content += len(piece)
                if self.content > MAX_CONTENT:
                    raise self._view.damaged(f"more than {MAX_CONTENT >> 30} GiB uncompressed")
                return piece

    def _inflate(self, state: _Decompress) -> bytes:
        try:
            piece = state.decompress(self._tail, CHUNK)
        except compression.DAMAGED as error:
            raise self._view.damaged(str(error)) from error
        if state.eof:
            self._tail, self._state = state.unused_data, None
        else:
            self._tail = state.unconsumed_tail
        return piece

    def mark(self) -> _Mark:
        """Where reading could go on. Only where all input that was read is used up."""
        return _Mark(self.content, self.file, self._state.copy() if self._state else None)


class GzipView:
    """Random access to the content of a gzip file.

    Args:
        file: open, and closed with this.
        name: the location as a user would type it.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._guard = threading.Lock()
        self._marks = [_Mark(0, 0, None)]
        self._spacing = SPACING
        self._main = _Cursor(self, self._marks[0])
        self._held = b""  # the last piece of the main cursor

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._file.close()

    def pread(self, size: int, offset: int) -> bytes:
        """Up to ``size`` bytes from ``offset``; fewer only at the end. For small, forward reads.

        Raises:
            CannotRead, MalformedImage.
        """
        parts: list[bytes] = []
        begin = self._main.content - len(self._held)
        if not begin <= offset:
            self._main, self._held = _Cursor(self, self._before(offset)), b""
        while size > 0:
            begin = self._main.content - len(self._held)
            found = self._held[offset - begin : offset - begin + size] if offset >= begin else b""
            parts.append(found)
            offset, size = offset + len(found), size - len(found)
            if size > 0:
                self._held = self._main.next()
                if not self._held:
                    break
        return b"".join(parts)

    def stream(self, offset: int, size: int) -> Iterator[bytes]:
        """``size`` bytes from ``offset`` in pieces; several may be read at once, in threads.

        Raises:
            CannotRead, MalformedImage: also when the content ends before.
        """
        cursor = _Cursor(self, self._before(offset))
        while size > 0:
            piece = cursor.next()
            if not piece:
                raise self.damaged("the archive ends in the middle of a file")
            begin = cursor.content - len(piece)
            wanted = piece[max(0, offset - begin) :][:size]
            if wanted and cursor.content > offset:
                size -= len(wanted)
                yield wanted

    def rest(self, offset: int) -> Iterator[bytes]:
        """All from ``offset`` to the end, in pieces. Raises CannotRead, MalformedImage."""
        cursor = _Cursor(self, self._before(offset))
        while piece := cursor.next():
            begin = cursor.content - len(piece)
            if cursor.content > offset:
                yield piece[max(0, offset - begin) :]

    def compressed(self, offset: int) -> bytes:
        """Bytes of the file itself. Raises CannotRead."""
        return pread(self._file, self._name, INPUT, offset)

    def visit(self, cursor: _Cursor) -> None:
        """Keep a mark here, unless there is one nearby. Called between two inputs."""
        with self._guard:
            if cursor.content - self._marks[-1].content < self._spacing:
                return
            self._marks.append(cursor.mark())
            if len(self._marks) > MOST:
                self._marks = self._marks[::2]
                self._spacing *= 2

    def damaged(self, why: str) -> MalformedImage:
        """The error to raise."""
        return MalformedImage(
            self._name, f"damaged gzip data: {why}", advice=["copy the file again"]
        )

    def _before(self, offset: int) -> _Mark:
        with self._guard:
            at = bisect_right([mark.content for mark in self._marks], offset)
            return self._marks[at - 1]


STORED: Final = 0
LEVEL: Final = 6  # as Go's gzip.NewWriter, with which kk exports


class GzipWriter:
    """Append to a staged file: members stored where compressing is in vain, else compressed.

    Every reader takes the members as one stream (RFC 1952, 2.2), Go's among them, which kk uses.
    The bytes depend on the library that compresses; nothing that has a digest of its own is
    written so.

    Args:
        staged: the file, which stays the caller's.
    """

    def __init__(self, staged: Staged) -> None:
        self._staged = staged
        self._state: _Compress | None = None
        self._stored = False

    def write(self, data: bytes, *, stored: bool) -> None:
        """Append content; ``stored`` says that it is compressed data. Raises CannotWrite."""
        if self._state is None or stored != self._stored:
            self.end()
            level = STORED if stored else LEVEL
            self._state, self._stored = compression.compressor(level), stored
        assert self._state is not None
        self._staged.write([self._state.compress(data)])

    def end(self) -> None:
        """End the member that is open. Raises CannotWrite."""
        if self._state is not None:
            self._staged.write([self._state.flush()])
            self._state = None
