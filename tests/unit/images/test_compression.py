"""Compressed layers: damage, bombs, members, padding, whatever the chunks."""

from __future__ import annotations

import bz2
import gzip
import sys
import time
import zlib

import pytest
import zstandard
from tests.unit.images.raw import chunked

from ksimage.errors import DigestMismatch, MalformedImage, UnsupportedImage
from ksimage.images import compression
from ksimage.images.compression import STEP, bound, decompress

TEXT = b"".join(b"%d\n" % n for n in range(60_000))
PACKED = gzip.compress(TEXT)
SIZES = pytest.mark.parametrize("size", [1, 3, 1000, 1 << 20])


def unpack(data: bytes, size: int = 1000) -> bytes:
    return b"".join(decompress("the image", chunked(data, size)))


def refusal(data: bytes, size: int = 1000) -> str:
    with pytest.raises(MalformedImage) as caught:
        unpack(data, size)
    return caught.value.why


@SIZES
def test_kinds(size: int) -> None:
    assert unpack(PACKED, size) == TEXT
    assert unpack(TEXT, size) == TEXT
    assert unpack(zstandard.compress(TEXT), size) == TEXT


def test_nothing() -> None:
    assert unpack(b"") == b""


@SIZES
def test_members_and_padding(size: int) -> None:
    data = gzip.compress(b"one") + gzip.compress(b"") + gzip.compress(b"two") + bytes(700)
    assert unpack(data, size) == b"onetwo"


@SIZES
@pytest.mark.parametrize(
    "after", [b"garbage", bytes(5) + b"garbage", bytes(700) + gzip.compress(b"hidden")]
)
def test_garbage_after_the_last_member(after: bytes, size: int) -> None:
    """Never depending on where a chunk ends."""
    assert "gzip stream" in refusal(gzip.compress(b"one") + after, size)


@SIZES
@pytest.mark.parametrize("left", [2, 9, 11, len(PACKED) // 2, len(PACKED) - 1])
def test_truncated_gzip(left: int, size: int) -> None:
    assert "ends too early" in refusal(PACKED[:left], size)


@pytest.mark.parametrize("position", [3, 20, len(PACKED) // 2, -8, -1])
def test_damaged_gzip(position: int) -> None:
    data = bytearray(PACKED)
    data[position] ^= 0xFF
    assert "gzip stream" in refusal(bytes(data))


@pytest.mark.parametrize("size", [10, 100, 5000])
def test_wrong_checksum_after_much_output(size: int) -> None:
    data = bytearray(gzip.compress(bytes(5 << 20)))
    data[-6] ^= 1
    assert "damaged" in refusal(bytes(data), size)


def test_truncated_zstd_is_no_whole_layer() -> None:
    """The reader of zstandard ends quietly; whoever reads the layer compares the diff ID."""
    packed = zstandard.compress(TEXT)
    try:
        data = unpack(packed[: len(packed) // 2])
    except MalformedImage:
        return
    assert data != TEXT and TEXT.startswith(data)
    assert issubclass(DigestMismatch, MalformedImage)


@pytest.mark.parametrize("after", [b"garbage", bytes(4)])
def test_garbage_after_zstd(after: bytes) -> None:
    assert "zstd stream of a layer is damaged" in refusal(zstandard.compress(TEXT) + after)


@SIZES
@pytest.mark.parametrize("first", [0x50, 0x5F])
def test_zstd_frames_to_be_skipped(first: int, size: int) -> None:
    """zstd:chunked has its table of contents in one; nothing says that it comes last."""
    frame = bytes([first]) + b"\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"table"
    one, two = zstandard.compress(b"one"), zstandard.compress(b"two")
    assert unpack(frame + one + frame + two + frame, size) == b"onetwo"


def test_zstd_window_is_bounded() -> None:
    """A frame that announces a window of 2 GiB is refused before that is allocated."""
    frame = b"\x28\xb5\x2f\xfd" + b"\x00" + bytes([21 << 3]) + b"\x01\x00\x00"
    assert "zstd stream of a layer is damaged" in refusal(frame)


def test_zstd_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(UnsupportedImage) as caught:
        unpack(zstandard.compress(TEXT))
    assert "pip install 'ksimage[zstd]'" in caught.value.advice


def test_other_compression_is_taken_as_it_is() -> None:
    assert unpack(bz2.compress(b"x")) == bz2.compress(b"x")  # and then is no tar


class TestBombs:
    @pytest.mark.parametrize("kind", ["gzip", "zstd"])
    def test_stops_at_the_bound(self, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(compression, "BOUND", 8 << 20)
        zeros = bytes(16 << 20)
        data = gzip.compress(zeros) if kind == "gzip" else zstandard.compress(zeros)
        seen = 0
        with pytest.raises(MalformedImage) as caught:
            for piece in decompress("x", [data]):
                assert len(piece) <= STEP
                seen += len(piece)
        assert "refused as a bomb" in caught.value.why
        assert caught.value.advice == ("if that is meant: export KSIMAGE_MAX_UNPACKED=GIB",)
        assert seen <= 8 << 20

    def test_zeros_of_others_cost_no_memory(self) -> None:
        """Such as /var/log/lastlog of a user with a large number: 600 times its compressed size."""
        packer = zlib.compressobj(9, wbits=31)
        parts = [packer.compress(bytes(1 << 20)) for _ in range(320)]
        data = b"".join([*parts, packer.flush()])
        assert sum(len(piece) for piece in decompress("x", [data])) == 320 << 20

    @pytest.mark.parametrize(
        ("given", "expected"),
        [("", 64 << 30), ("400", 400 << 30), ("none", 64 << 30), ("-1", 64 << 30)],
    )
    def test_another_bound(
        self, given: str, expected: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KSIMAGE_MAX_UNPACKED", given)
        assert bound() == expected

    def test_members_without_content(self) -> None:
        """Each member hands back what follows it: whole chunks of them would be quadratic."""
        member = gzip.compress(b"", mtime=0)
        data = member * ((1 << 20) // len(member))
        started = time.process_time()
        assert b"".join(decompress("x", [data])) == b""
        assert time.process_time() - started < 5
