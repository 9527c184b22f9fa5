"""The scanner against the standard library's, on whatever tar files there may be."""

from __future__ import annotations

import contextlib
import gzip
import io
import posixpath
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import requires

from ksimage.errors import KsimageError, MalformedImage
from ksimage.locations.files import tarindex
from ksimage.locations.files.tarindex import TarIndex

NAMES = st.text("ab/.ü", min_size=1, max_size=40) | st.text("ab/", min_size=120, max_size=300)
MEMBERS = st.lists(
    st.tuples(NAMES, st.binary(max_size=1500), st.sampled_from("fdlh"), NAMES), max_size=8
)
FORMATS = st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])


def written(members: list[tuple[str, bytes, str, str]], form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data, kind, link in members:
            info = tarfile.TarInfo(name)
            info.type = {
                "f": tarfile.REGTYPE,
                "d": tarfile.DIRTYPE,
                "l": tarfile.SYMTYPE,
                "h": tarfile.LNKTYPE,
            }[kind]
            info.linkname = link if kind in "lh" else ""
            info.size = len(data) if kind == "f" else 0
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def spooled(data: bytes) -> TarIndex:
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (the index closes it)
    file.write(data)
    index = TarIndex(file, "test")
    assert index.members is index.members, "it is read once"
    return index


@settings(max_examples=300, deadline=None)
@given(MEMBERS.filter(bool), FORMATS)
def test_agrees_with_tarfile(members: list[tuple[str, bytes, str, str]], form: int) -> None:
    data = written(members, form)
    expected: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            path = posixpath.normpath(member.name)
            outside = path.startswith(("/", "../")) or path in (".", "..")
            if member.isreg() and not outside:
                expected[path] = archive.extractfile(member).read()  # type: ignore[union-attr]
    index = spooled(data)
    try:
        files = {path: member for path, member in index.members.items() if not member.link}
        links = index.members.keys() - files.keys()
        assert files.keys() == expected.keys() - links
        for path in files:
            assert index.read(path, 2000) == expected[path]
            with index.stream(path, len(expected[path]) // 2) as chunks:
                assert b"".join(chunks) == expected[path][len(expected[path]) // 2 :]
        for path in links:
            with contextlib.suppress(MalformedImage):  # a loop
                size = index.size(path)
                assert size is None or size >= 0
    finally:
        index.close()


@settings(max_examples=300, deadline=None)
@given(
    MEMBERS,
    FORMATS,
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), min_size=1, max_size=10),
    st.integers(0, 20_000),
)
def test_damage_is_an_error_of_ours_or_harmless(
    members: list[tuple[str, bytes, str, str]],
    form: int,
    flips: list[tuple[int, int]],
    cut: int,
) -> None:
    data = bytearray(written(members, form))
    for position, value in flips:
        data[position % len(data)] = value
    try:
        index = spooled(bytes(data[: max(cut % len(data), 1)]))
    except KsimageError:
        return
    with contextlib.suppress(KsimageError):
        for path in index.members:
            index.read(path, 4 << 10)
    index.close()


@given(st.binary(max_size=3000))
def test_noise_is_an_error_of_ours(data: bytes) -> None:
    with contextlib.suppress(KsimageError):
        spooled(data).close()


def test_too_many_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarindex, "MAX_MEMBERS", 3)
    data = written([(f"{number}", b"", "f", "") for number in range(4)], tarfile.GNU_FORMAT)
    with pytest.raises(MalformedImage) as caught:
        spooled(data)
    assert "more than 3 members" in caught.value.why


def test_gzip_bomb_stops_at_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarindex, "MAX_SPOOL", 1 << 20)
    (tmp_path / "x.tar.gz").write_bytes(gzip.compress(bytes(8 << 20)))
    with pytest.raises(MalformedImage) as caught:
        TarIndex(tmp_path / "x.tar.gz", "test").size("a")
    assert "the archive unpacks to more than" in caught.value.why


@pytest.mark.parametrize("form", ["--format=gnu", "--format=posix"])
def test_files_with_holes_are_named(form: str, tmp_path: Path) -> None:
    tar = requires.program("tar")
    with (tmp_path / "layer.tar").open("wb") as file:
        file.truncate(1 << 20)
        file.seek(1 << 19)
        file.write(b"x")
    command = [tar, "--sparse", form, "-C", str(tmp_path), "-cf", "-", "layer.tar"]
    with pytest.raises(MalformedImage) as caught:
        spooled(subprocess.run(command, capture_output=True, check=True).stdout)
    assert "without --sparse" in caught.value.advice[0]


def test_zstd_archive_is_spooled(tmp_path: Path) -> None:
    data = written([("a", b"content", "f", "")], tarfile.GNU_FORMAT)
    (tmp_path / "x.tar.zst").write_bytes(zstandard.compress(data))
    index = TarIndex(tmp_path / "x.tar.zst", "test")
    assert index.read("a", 100) == b"content"
    index.close()
