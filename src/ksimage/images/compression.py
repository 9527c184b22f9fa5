"""Decompress layers and archives as streams, within bounds.

The kind is recognised by its magic bytes, not by the media type: archives written by
``docker save`` and by other tools disagree about the latter.
"""

from __future__ import annotations

import os
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ksimage.errors import MalformedImage, UnsupportedImage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from zlib import _Compress, _Decompress

_zlib: Any = zlib  # Any: either module, which have no type in common
with suppress(ImportError):  # there are no wheels for rare machines
    # the same bytes and the same refusals (tests/property/test_inflate.py) in half the time
    from zlib_ng import zlib_ng as _zlib

DAMAGED: type[Exception] = _zlib.error
"""What a decompressor raises."""

STEP = 1 << 20
"""At most this much comes out of one decompression call (bytes)."""
SLICE = 128 << 10
"""At most this much goes into one."""
MEMBERS_SLICE = 32 << 10
"""The same where gzip members follow one another: each hands a copy of the rest back, and a layer
may have millions of them."""

BOUND = 64 << 30
"""Bytes that a layer may unpack to. What is passed over costs time, not memory: a sparse file such
as ``/var/log/lastlog`` of an image's user may well have gigabytes of zeros."""
VARIABLE = "KSIMAGE_MAX_UNPACKED"
"""The environment variable that sets another bound, in GiB."""

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
SKIPPABLE = b"\x2a\x4d\x18"  # the last three bytes of the magic of a zstd frame to be skipped


def decompressor() -> _Decompress:
    """Of one gzip member (RFC 1952), as ``zlib.decompressobj`` makes them."""
    made: _Decompress = _zlib.decompressobj(wbits=31)
    return made


def compressor(level: int) -> _Compress:
    """Of one gzip member. Its bytes depend on the library."""
    made: _Compress = _zlib.compressobj(level, zlib.DEFLATED, 31)
    return made


def bound() -> int:
    """How many bytes a layer may unpack to."""
    given = os.environ.get(VARIABLE, "")
    return int(given) << 30 if given.isdecimal() and 0 < len(given) < 7 else BOUND


def kind_of(head: bytes) -> str:
    """``gzip`` or ``zstd`` by the first four bytes; "" for anything else."""
    if head.startswith(GZIP):
        return "gzip"
    if head.startswith(ZSTD) or (head[1:4] == SKIPPABLE and 0x50 <= head[0] < 0x60):
        return "zstd"
    return ""


def decompress(
    name: str, chunks: Iterable[bytes], *, what: str = "a layer", limit: int = 0
) -> Iterator[bytes]:
    """The content of a layer, or of an archive, in chunks of at most STEP bytes.

    ``chunks`` is always read to its end, so that its own digest check takes place.

    Args:
        name: for messages.
        chunks: gzip, zstd, or not compressed.
        what: it is, for messages.
        limit: bytes that may come out; :func:`bound` by default.

    Raises:
        MalformedImage: damaged, or beyond the limit.
        UnsupportedImage: zstd without the optional package.
    """
    iterator = iter(chunks)
    head = b""
    for chunk in iterator:
        head += chunk
        if len(head) >= len(ZSTD):
            break
    unpack = {"gzip": _gunzip, "zstd": _unzstd}.get(kind_of(head))
    whole = _plain(head, iterator)
    total, limit = 0, limit or bound()
    for piece in unpack(name, what, whole) if unpack else whole:
        total += len(piece)
        if total > limit:
            raise MalformedImage(
                name,
                f"{what} unpacks to more than {limit >> 30} GiB: refused as a bomb",
                advice=[f"if that is meant: export {VARIABLE}=GIB"],
            )
        yield piece


def _plain(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest


def _gunzip(name: str, what: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    member = _zlib.decompressobj(wbits=31)
    padding = several = False
    slices = _sliced(chunks, lambda: MEMBERS_SLICE if several else SLICE)
    try:
        for piece in slices:
            data = piece
            while data:
                if member.eof:
                    # Members may follow one another (pigz, estargz); zeros after the last pad it.
                    padding = padding or data.startswith(b"\0")
                    if padding:
                        if data.strip(b"\0"):
                            raise MalformedImage(name, f"garbage follows the gzip stream of {what}")
                        break
                    member, several = _zlib.decompressobj(wbits=31), True
                out = member.decompress(data, STEP)
                if out:
                    yield out
                data = member.unused_data if member.eof else member.unconsumed_tail
        while not member.eof:
            out = member.decompress(b"", STEP)
            if not out:
                raise MalformedImage(name, f"the gzip stream of {what} ends too early")
            yield out
    except _zlib.error as error:
        raise MalformedImage(name, f"the gzip stream of {what} is damaged: {error}") from error


def _sliced(chunks: Iterator[bytes], size: Callable[[], int]) -> Iterator[bytes]:
    for chunk in chunks:
        at = 0
        while at < len(chunk):
            piece = chunk[at : at + size()]
            at += len(piece)
            yield piece


def _unzstd(name: str, what: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        import zstandard
    except ImportError as error:
        raise UnsupportedImage(
            name,
            f"{what} is compressed with zstd, and the optional package for that is not installed",
            advice=["pip install 'ksimage[zstd]'"],
        ) from error
    reader: Callable[[int], bytes] = _ByteStream(chunks).read
    source = type("Source", (), {"read": staticmethod(reader)})()
    try:
        with zstandard.ZstdDecompressor(max_window_size=128 << 20).stream_reader(
            source, read_across_frames=True
        ) as stream:
            while piece := stream.read(STEP):
                yield piece
    except zstandard.ZstdError as error:
        raise MalformedImage(name, f"the zstd stream of {what} is damaged: {error}") from error
    for _ in chunks:
        pass


class _ByteStream:
    """An iterator of bytes as a file object's ``read``."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = b""

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; empty at the end."""
        while not self._buffer:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._buffer = chunk
        piece, self._buffer = self._buffer[:size], self._buffer[size:]
        return piece
