"""A gzip file entered anywhere, with Python's gzip module as the judge."""

from __future__ import annotations

import gzip
import io
import random
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ksimage.errors import MalformedImage
from ksimage.images import compression
from ksimage.locations.files import gzipview
from ksimage.locations.files.gzipview import GzipView, GzipWriter
from ksimage.locations.files.staging import Staged


def content(seed: int, size: int) -> bytes:
    """Partly noise, partly not."""
    source = random.Random(seed)
    parts: list[bytes] = []
    while sum(len(part) for part in parts) < size:
        parts.append(source.randbytes(source.randrange(1, 9000)))
        parts.append(bytes([source.randrange(256)]) * source.randrange(1, 90_000))
    return b"".join(parts)[:size]


def view(tmp_path: Path, data: bytes) -> GzipView:
    path = tmp_path / "file.gz"
    path.write_bytes(data)
    return GzipView(path.open("rb", buffering=0), "a.gz")


@pytest.fixture(autouse=True, params=["zlib", "zlib-ng"], scope="module")
def library(request: pytest.FixtureRequest) -> Iterator[None]:
    """With the interpreter's zlib as well, which rare machines have alone."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "zlib":
            patch.setattr(compression, "_zlib", zlib)
            patch.setattr(compression, "DAMAGED", zlib.error)
        yield


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzipview, "SPACING", 50_000)
    monkeypatch.setattr(gzipview, "MOST", 7)
    monkeypatch.setattr(gzipview, "INPUT", 1000)


@given(
    st.integers(0, 999),
    st.lists(st.tuples(st.integers(0, 1_100_000), st.integers(0, 200_000)), max_size=12),
    st.integers(1, 4),
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_reads(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    reads: list[tuple[int, int]],
    members: int,
) -> None:
    data = content(seed, 1_000_000)
    step = len(data) // members + 1
    packed = b"".join(gzip.compress(data[at : at + step]) for at in range(0, len(data), step))
    found = view(tmp_path_factory.mktemp("gz"), packed)
    try:
        for offset, size in reads:
            assert found.pread(size, offset) == data[offset : offset + size]
            left = max(0, min(size, len(data) - offset))
            assert b"".join(found.stream(offset, left)) == data[offset : offset + left]
        assert b"".join(found.rest(3)) == data[3:]
    finally:
        found.close()


def test_marks_stay_few(tmp_path: Path) -> None:
    data = content(1, 3_000_000)
    found = view(tmp_path, gzip.compress(data))
    assert b"".join(found.rest(0)) == data
    assert 2 < len(found._marks) <= 8
    assert b"".join(found.stream(2_900_000, 1000)) == data[2_900_000:2_901_000]
    found.close()


def test_damage(tmp_path: Path) -> None:
    packed = gzip.compress(content(2, 300_000))
    for broken in (
        packed[:-1],
        packed[: len(packed) // 2],
        b"\x1f\x8b" + bytes(50),
        packed[:-4] + b"abcd",
    ):
        found = view(tmp_path, broken)
        with pytest.raises(MalformedImage, match=r"a\.gz"):
            list(found.rest(0))
        found.close()
    found = view(tmp_path, packed + bytes(700))
    assert len(b"".join(found.rest(0))) == 300_000
    with pytest.raises(MalformedImage):
        list(found.stream(299_000, 1001))
    found.close()


@given(st.lists(st.tuples(st.binary(max_size=5000), st.booleans()), max_size=12))
def test_the_writer(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[bytes, bool]]
) -> None:
    folder = tmp_path_factory.mktemp("written")
    staged = Staged(folder)
    writer = GzipWriter(staged)
    for data, stored in pieces:
        writer.write(data, stored=stored)
    writer.end()
    staged.commit(folder / "out.gz")
    written = (folder / "out.gz").read_bytes()
    assert gzip.GzipFile(fileobj=io.BytesIO(written)).read() == b"".join(d for d, _ in pieces)
