"""Layers against independent readers and writers: tarfile, GNU tar, zlib, gzip(1)."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.support import requires

from ksimage.errors import MalformedImage
from ksimage.images import layer as written_layer
from ksimage.images.compression import decompress
from ksimage.images.layer import LayerFile, normalise, read_layer, store_gzip, write_layer
from ksimage.images.tar import Kind, members

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
KINDS = {
    tarfile.REGTYPE: Kind.FILE,
    tarfile.DIRTYPE: Kind.DIRECTORY,
    tarfile.SYMTYPE: Kind.SYMBOLIC_LINK,
    tarfile.LNKTYPE: Kind.HARD_LINK,
    tarfile.FIFOTYPE: Kind.FIFO,
    tarfile.CHRTYPE: Kind.CHARACTER_DEVICE,
    tarfile.BLKTYPE: Kind.BLOCK_DEVICE,
}

words = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]),
    min_size=1,
    max_size=60,
).filter(lambda word: word not in (".", ".."))
paths = st.lists(words, min_size=1, max_size=6).map("/".join)


@dataclass(frozen=True, repr=False)
class Archive:
    """A tar, and what was put in."""

    data: bytes
    written: list[tuple[tarfile.TarInfo, bytes]]

    def __repr__(self) -> str:
        entries = [(info.type, info.name, len(data)) for info, data in self.written]
        return f"<{len(self.data)} bytes: {entries}>"


@dataclass(frozen=True)
class Spec:
    """A member to write; names are cut down to what the format can hold."""

    name: str
    kind: bytes
    mode: int
    owner: int
    mtime: int
    attribute: bool
    link: str
    data: bytes
    times: int


specs = st.builds(
    Spec,
    name=paths,
    kind=st.sampled_from(sorted(KINDS)),
    mode=st.integers(0, 0o7777),
    owner=st.integers(0, 1 << 40),
    mtime=st.integers(0, 8**11 - 1),
    attribute=st.booleans(),
    link=paths,
    data=st.binary(max_size=300),
    times=st.sampled_from([0, 1, 1, 1, 2, 300]),
)


def make(form: str, members_: list[Spec]) -> Archive:
    """An archive by tarfile."""
    written: list[tuple[tarfile.TarInfo, bytes]] = []
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=FORMATS[form]) as archive:
        for spec in members_:
            ustar = form == "ustar"
            info = tarfile.TarInfo(f"file-{len(written)}" if ustar else spec.name)
            info.type, info.mode, info.mtime = spec.kind, spec.mode, spec.mtime
            info.uid = info.gid = spec.owner % (1 << 21) if ustar else spec.owner
            if form == "pax" and spec.attribute:
                info.mtime += 0.25
                info.pax_headers = {"SCHILY.xattr.user.key": spec.link}
            if info.issym() or info.islnk():
                info.linkname = "target" if ustar else spec.link
            data = spec.data * spec.times if info.isreg() else b""
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
            written.append((info, data))
    return Archive(buffer.getvalue(), written)


archives = st.builds(make, st.sampled_from(sorted(FORMATS)), st.lists(specs, max_size=6))


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """``data`` in chunks of these sizes, over and over."""
    chunks, at, number = [], 0, 0
    while at < len(data):
        chunks.append(data[at : at + sizes[number % len(sizes)]])
        at += len(chunks[-1])
        number += 1
    return chunks


sizes = st.lists(st.integers(1, 5000), min_size=1, max_size=5)


@given(archives, sizes)
@settings(max_examples=300, deadline=None)
def test_reads_what_tarfile_writes(archive: Archive, chunks: list[int]) -> None:
    data, written = archive.data, archive.written
    read = [(member, member.read(1 << 20)) for member in members("x", cut(data, chunks))]
    assert len(read) == len(written)
    for (member, content), (info, expected) in zip(read, written, strict=True):
        assert member.name.rstrip("/") == info.name.rstrip("/")
        assert member.kind is KINDS[info.type]
        assert (member.mode, member.uid, member.gid) == (info.mode, info.uid, info.gid)
        assert (member.link, content) == (info.linkname, expected)
        assert bool(member.attributes) == ("SCHILY.xattr.user.key" in info.pax_headers)


@given(archives, sizes, st.integers(0, 1 << 30), st.integers(1, 255))
@settings(max_examples=300, deadline=None)
def test_damage_is_refused_or_makes_no_difference(
    archive: Archive, chunks: list[int], where: int, flip: int
) -> None:
    """Any byte: never another error, never a silent end. (Content is the diff ID's business.)"""
    intact = archive.data
    assume(archive.written)
    damaged = bytearray(intact)
    damaged[where % len(intact)] ^= flip
    try:
        read = [member.kind for member in members("x", cut(bytes(damaged), chunks))]
    except MalformedImage:
        return
    assert read == [member.kind for member in members("x", [intact])]


@given(archives, sizes, st.integers(0, 1 << 30))
@settings(deadline=None)
def test_truncation_is_refused_or_at_a_boundary(
    archive: Archive, chunks: list[int], left: int
) -> None:
    intact = archive.data
    original = [m.name for m in members("x", [intact])]
    try:
        read = [m.name for m in members("x", cut(intact[: left % (len(intact) + 1)], chunks))]
    except MalformedImage:
        return
    assert read == original[: len(read)]


@given(st.binary(max_size=4000))
def test_any_bytes(data: bytes) -> None:
    for reader in (members, read_layer):
        with suppress(MalformedImage):
            list(reader("x", [data]))
    with suppress(MalformedImage):
        b"".join(decompress("x", [data]))


files = st.builds(
    LayerFile,
    path=st.just("hooks/kubesphere/installRunner.py"),
    data=st.one_of(st.binary(max_size=3000), st.integers(4000, 70_000).map(bytes)),
    mode=st.integers(0, 0o7777),
    uid=st.integers(0, 1 << 31),
    gid=st.integers(0, 1 << 31),
    mtime=st.integers(0, 8**11 - 1),
)


@given(files)
@settings(deadline=None)
def test_tarfile_reads_what_is_written(file: LayerFile) -> None:
    layer = write_layer(file)
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(layer.data))) as archive:
        (member,) = archive.getmembers()
        content = archive.extractfile(member)
        assert content is not None and content.read() == file.data
    found = (member.name, member.mode, member.uid, member.gid, member.mtime)
    assert found == (file.path, file.mode, file.uid, file.gid, file.mtime)
    (entry,) = (
        (entry.path, entry.member.kind, entry.member.read(1 << 20))
        for entry in read_layer("x", decompress("x", [layer.data]))
    )
    assert entry == (file.path, Kind.FILE, file.data)


@given(files)
@settings(max_examples=15, deadline=None)
def test_gnu_tar_reads_what_is_written(file: LayerFile) -> None:
    tar = requires.program("tar")
    layer = write_layer(file)
    listed = subprocess.run(
        [tar, "-tvzf", "-", "--numeric-owner", "--full-time"],
        input=layer.data,
        capture_output=True,
        env={"TZ": "UTC", "LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        check=True,
    )
    assert listed.stderr == b""
    (line,) = listed.stdout.decode().splitlines()
    _, owner, size, *_, name = line.split()
    assert (owner, int(size), name) == (f"{file.uid}/{file.gid}", len(file.data), file.path)
    content = subprocess.run([tar, "-xzOf", "-"], input=layer.data, capture_output=True, check=True)
    assert content.stdout == file.data


@given(
    st.one_of(st.binary(max_size=5000), st.binary(min_size=1, max_size=9).map(lambda b: b * 30_000))
)
def test_stored_gzip(data: bytes) -> None:
    packed = store_gzip(data)
    assert gzip.decompress(packed) == data
    inflate = zlib.decompressobj(wbits=31)
    assert inflate.decompress(packed) == data
    assert inflate.eof and inflate.unused_data == b""


def crc32(data: bytes) -> int:
    """RFC 1952 section 8, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


@given(files)
@settings(max_examples=20, deadline=None)
def test_another_zlib_makes_the_same_layer(file: LayerFile) -> None:
    """The checksum is all that comes from zlib, and there is only one right one."""
    zlib_ng = pytest.importorskip("zlib_ng.zlib_ng")
    written = write_layer(file)
    for crc in (crc32, zlib_ng.crc32):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(written_layer, "zlib", SimpleNamespace(crc32=crc))
            assert write_layer(file) == written


@pytest.mark.parametrize("size", [0, 1, 0xFFFF, 0x10000, 1_000_000])
def test_gzip_program(size: int, tmp_path: Path) -> None:
    data = bytes(i * 7 & 0xFF for i in range(size))
    file = tmp_path / "data.gz"
    file.write_bytes(store_gzip(data))
    gzip_program = requires.program("gzip")
    subprocess.run([gzip_program, "-t", file], check=True)
    out = subprocess.run([gzip_program, "-dc", file], check=True, capture_output=True)
    assert out.stdout == data


@given(st.lists(st.binary(max_size=3000), max_size=5), sizes, st.integers(0, 600))
def test_members_of_gzip_in_any_chunks(parts: list[bytes], chunks: list[int], padding: int) -> None:
    data = b"".join(gzip.compress(part) for part in parts)
    if data:
        data += bytes(padding)
    assert b"".join(decompress("x", cut(data, chunks))) == b"".join(parts)


@given(paths)
def test_normalising_is_idempotent(path: str) -> None:
    once = normalise("x", path)
    assert normalise("x", once) == once
    assert not once.startswith("/") and "//" not in once and not once.endswith("/")
