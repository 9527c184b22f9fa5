"""Decompress a layer as a stream, within bounds.

The kind is recognised by its magic bytes, not by the media type: archives written by
``docker save`` and by other tools disagree about the latter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors import MalformedImage, UnsupportedImage
from ksimage.images import inflate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

STEP = 1 << 20
"""At most this much comes out of one decompression call (bytes)."""
SLICE = 128 << 10
"""At most this much goes into one."""
MEMBERS_SLICE = 32 << 10
"""The same where gzip members follow one another: each hands a copy of the rest back, and a layer
may have millions of them."""

MIN_BOUND = 256 << 20
MAX_BOUND = 16 << 30
RATIO = 250
"""A layer may unpack to RATIO times its size, to MIN_BOUND always, beyond MAX_BOUND never."""

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"


def bound(size: int) -> int:
    """How many bytes a layer of ``size`` compressed bytes may unpack to."""
    return min(MAX_BOUND, max(MIN_BOUND, RATIO * size))


def decompress(name: str, chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The tar stream of a layer of ``size`` bytes, in chunks of at most STEP bytes.

    ``chunks`` is always read to its end, so that its own digest check takes place.

    Raises:
        MalformedImage: damaged, or it unpacks beyond :func:`bound`.
        UnsupportedImage: zstd without the optional package.
    """
    iterator = iter(chunks)
    head = b""
    for chunk in iterator:
        head += chunk
        if len(head) >= len(ZSTD):
            break
    if head.startswith(GZIP):
        stream = _gunzip(name, head, iterator)
    elif head.startswith(ZSTD):
        stream = _unzstd(name, head, iterator)
    else:
        stream = _plain(head, iterator)
    total, limit = 0, bound(size)
    for piece in stream:
        total += len(piece)
        if total > limit:
            raise MalformedImage(
                name,
                f"a layer of {size} bytes unpacks to more than {limit} bytes: refused as a bomb",
            )
        yield piece


def _plain(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest


def _gunzip(name: str, head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    member = inflate.gunzip()
    padding = several = False
    slices = _sliced(_plain(head, rest), lambda: MEMBERS_SLICE if several else SLICE)
    try:
        for piece in slices:
            data = piece
            while data:
                if member.eof:
                    # Members may follow one another (pigz, estargz); zeros after the last pad it.
                    padding = padding or data.startswith(b"\0")
                    if padding:
                        if data.strip(b"\0"):
                            raise MalformedImage(name, "garbage follows a layer's gzip stream")
                        break
                    member, several = inflate.gunzip(), True
                out = member.decompress(data, STEP)
                if out:
                    yield out
                data = member.unused_data if member.eof else member.unconsumed_tail
        while not member.eof:
            out = member.decompress(b"", STEP)
            if not out:
                raise MalformedImage(name, "a layer's gzip stream ends too early")
            yield out
    except inflate.DAMAGED as error:
        raise MalformedImage(name, f"a layer's gzip stream is damaged: {error}") from error


def _sliced(chunks: Iterator[bytes], size: Callable[[], int]) -> Iterator[bytes]:
    for chunk in chunks:
        at = 0
        while at < len(chunk):
            piece = chunk[at : at + size()]
            at += len(piece)
            yield piece


def _unzstd(name: str, head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    try:
        import zstandard
    except ImportError as error:
        raise UnsupportedImage(
            name,
            "it has zstd-compressed layers, and the optional package for them is not installed",
            advice=["pip install 'ksimage[zstd]'"],
        ) from error
    reader: Callable[[int], bytes] = _Reader(_plain(head, rest)).read
    source = type("Source", (), {"read": staticmethod(reader)})()
    try:
        with zstandard.ZstdDecompressor(max_window_size=128 << 20).stream_reader(
            source, read_across_frames=True
        ) as stream:
            while piece := stream.read(STEP):
                yield piece
    except zstandard.ZstdError as error:
        raise MalformedImage(name, f"a layer's zstd stream is damaged: {error}") from error
    for _ in rest:
        pass


class _Reader:
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
