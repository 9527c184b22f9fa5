"""zlib-ng and the interpreter's zlib: the same bytes, and the same verdict on any damage.

A layer is read with the former where it is installed. What one of them would let pass and the other
refuse, or unpack otherwise, would be proven on one machine and not on the next.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import requires

from ksimage.errors import MalformedImage
from ksimage.images import compression
from ksimage.images.compression import decompress

FAST = compression._zlib

FTEXT, FHCRC, FEXTRA, FNAME, FCOMMENT = 1, 2, 4, 8, 16
LEVELS = range(10)
STRATEGIES = (
    zlib.Z_DEFAULT_STRATEGY,
    zlib.Z_FILTERED,
    zlib.Z_HUFFMAN_ONLY,
    zlib.Z_RLE,
    zlib.Z_FIXED,
)
TEXT = b"".join(b"line %d of some text\n" % (n * n % 97) for n in range(40))


@pytest.fixture(autouse=True)
def _both() -> None:
    requires.condition(FAST is not zlib, "zlib-ng is not installed")


@contextmanager
def using(module: Any) -> Iterator[None]:
    """Decompress with another module than the one that was found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compression, "_zlib", module)
        yield


@dataclass(frozen=True)
class Verdict:
    """What came out, and why no more did; None when all is well."""

    data: bytes
    refusal: str | None


def verdict(module: Any, stream: bytes, sizes: list[int]) -> Verdict:
    """What the product makes of a stream in chunks of these sizes, over and over."""
    pieces = []
    with using(module):
        try:
            for piece in decompress("x", chunked(stream, sizes)):
                pieces.append(piece)  # noqa: PERF402 (what came before an error counts)
        except MalformedImage as error:
            return Verdict(b"".join(pieces), error.why.partition(":")[0])
    return Verdict(b"".join(pieces), None)


def chunked(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = number = 0
    while at < len(data):
        size = sizes[number % len(sizes)]
        yield data[at : at + size]
        at, number = at + size, number + 1


def same(stream: bytes, sizes: list[int]) -> Verdict:
    """The verdict of both.

    How much each hands out before it notices damage is its own affair: nothing is made of it.
    """
    ours, theirs = verdict(FAST, stream, sizes), verdict(zlib, stream, sizes)
    assert ours.refusal == theirs.refusal
    if ours.refusal is None:
        assert ours.data == theirs.data
    else:
        shorter, longer = sorted((ours.data, theirs.data), key=len)
        assert longer.startswith(shorter)
    return ours


# --- streams --------------------------------------------------------------------------------------


def header(
    flags: int = 0,
    *,
    extra: bytes = b"",
    name: bytes = b"",
    comment: bytes = b"",
    checksum: int = 0,
    system: int = 255,
    mtime: int = 0,
) -> bytes:
    """RFC 1952 2.3; ``checksum`` is what to change in a FHCRC that would be right."""
    data = struct.pack("<BBBBIBB", 0x1F, 0x8B, 8, flags, mtime, 0, system)
    if flags & FEXTRA:
        data += struct.pack("<H", len(extra)) + extra
    if flags & FNAME:
        data += name + b"\0"
    if flags & FCOMMENT:
        data += comment + b"\0"
    if flags & FHCRC:
        data += struct.pack("<H", zlib.crc32(data) & 0xFFFF ^ checksum)
    return data


def member(data: bytes, level: int = 6, strategy: int = 0, head: bytes = b"") -> bytes:
    """One gzip member around ``data``."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
    body = packer.compress(data) + packer.flush()
    trailer = struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return (head or header()) + body + trailer


words = st.binary(max_size=20).map(lambda text: text.replace(b"\0", b"_"))
headers = st.builds(
    header,
    st.integers(0, 31),
    extra=st.binary(max_size=40),
    name=words,
    comment=words,
    checksum=st.sampled_from([0, 0, 0, 1, 0xFFFF]),
    system=st.integers(0, 255),
    mtime=st.integers(0, 2**32 - 1),
)
contents = st.one_of(
    st.binary(max_size=300),
    st.tuples(st.binary(min_size=1, max_size=30), st.integers(1, 5000)).map(lambda x: x[0] * x[1]),
    st.integers(0, 20).map(lambda times: TEXT * times),
)
streams = st.tuples(
    st.lists(
        st.builds(member, contents, st.sampled_from(LEVELS), st.sampled_from(STRATEGIES), headers),
        min_size=1,
        max_size=3,
    ).map(b"".join),
    st.sampled_from([0, 0, 1, 8, 600]),
).map(lambda x: x[0] + bytes(x[1]))
chunkings = st.lists(
    st.one_of(st.integers(1, 12), st.integers(13, 200_000)), min_size=1, max_size=4
)


@given(streams, chunkings)
@settings(max_examples=300, deadline=None)
def test_whole(stream: bytes, sizes: list[int]) -> None:
    same(stream, sizes)


@given(
    streams,
    chunkings,
    st.lists(
        st.tuples(st.sampled_from(["start", "end", "any"]), st.integers(0, 1 << 30)),
        min_size=1,
        max_size=3,
    ),
)
@settings(max_examples=500, deadline=None)
def test_flipped_bits(stream: bytes, sizes: list[int], flips: list[tuple[str, int]]) -> None:
    damaged = bytearray(stream)
    for where, chance in flips:
        reach = len(damaged) if where == "any" else min(len(damaged), 24)
        at = chance // 8 % reach
        damaged[at if where != "end" else -1 - at] ^= 1 << chance % 8
    same(bytes(damaged), sizes)


@given(streams, chunkings, st.integers(0, 1 << 30))
@settings(max_examples=200, deadline=None)
def test_cut(stream: bytes, sizes: list[int], left: int) -> None:
    same(stream[: left % len(stream)], sizes)


@given(streams, chunkings, st.one_of(st.binary(max_size=40), streams))
@settings(max_examples=200, deadline=None)
def test_more_behind_it(stream: bytes, sizes: list[int], more: bytes) -> None:
    same(stream + more, sizes)


@given(st.binary(max_size=200), chunkings)
def test_any_body(body: bytes, sizes: list[int]) -> None:
    same(header() + body, sizes)


# --- everything there is of what is small ---------------------------------------------------------

ALL = FTEXT | FHCRC | FEXTRA | FNAME | FCOMMENT
SMALL = {
    "plain": member(TEXT[:60]),
    "stored": member(TEXT[:30], level=0),
    "every field": member(b"abc", head=header(ALL, extra=b"AB\2\0xy", name=b"n", comment=b"c")),
    "two members": member(b"one") + member(b"two", head=header(FHCRC)),
    "padded": member(b"") + bytes(3),
}


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_every_bit_and_every_end(name: str, size: int) -> None:
    stream = SMALL[name]
    assert same(stream, [size]).refusal is None
    for bit in range(8 * len(stream)):
        damaged = bytearray(stream)
        damaged[bit // 8] ^= 1 << bit % 8
        same(bytes(damaged), [size])
    for left in range(len(stream)):
        same(stream[:left], [size])


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_level_and_strategy(level: int, strategy: int) -> None:
    data = TEXT * 50 + zlib.compress(TEXT) * 100 + bytes(70_000)
    stream = member(data, level, strategy)
    for sizes in ([3001], [len(stream)]):
        assert same(stream, sizes) == Verdict(data, None)


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (member(b"x", head=header(FHCRC, checksum=1)), "damaged"),
        (member(b"x", head=header(0x20)), "damaged"),  # a reserved flag
        (member(b"x", head=header(0x80)), "damaged"),
        (member(b"x")[:-4] + struct.pack("<I", 2), "damaged"),  # another length
        (member(b"x")[:-8] + struct.pack("<II", 0, 1), "damaged"),  # another checksum
        (member(b"x", head=b"\x1f\x8b\x07" + header()[3:]), "damaged"),  # no deflate
        (member(b"x")[:-1], "ends too early"),
        (header(), "ends too early"),
        (member(b"x") + b"\x1f", "ends too early"),
        (member(b"x") + b"x", "ends too early"),
        (member(b"x") + b"xx", "damaged"),
        (member(b"x") + b"\0x", "garbage follows"),
    ],
)
@pytest.mark.parametrize("size", [1, 1000])
def test_refused_by_both(stream: bytes, reason: str, size: int) -> None:
    assert reason in str(same(stream, [size]).refusal)


def test_distance_beyond_the_window() -> None:
    """A copy from before the start of the data: nothing may leak from memory."""
    # fixed codes: length 3, distance code 29 (24577 and more), end of block
    bits = "110" + "0000001" + "11101" + "1" * 13 + "0000000"
    packed = int(bits[::-1], 2).to_bytes(-(-len(bits) // 8), "little")
    found = same(header() + packed + bytes(8), [1000])
    assert "damaged" in str(found.refusal) and found.data == b""
