from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from tests.support.images import ImageStore, Recipe, docker_archive, layout

from ksimage.errors import (
    AmbiguousImage,
    CannotWrite,
    DigestMismatch,
    ImageNotFound,
    MalformedImage,
    NotOurs,
)
from ksimage.locations.oci.archive import OciArchiveSource, OciArchiveTarget
from ksimage.locations.oci.layout import LayoutSource
from ksimage.locations.transfer import copy


def archive(folder: Path, path: Path, *, mode: str = "w") -> Path:
    """A layout as ``tar -C folder -cf path .`` would write it."""
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        tar.add(folder, arcname=".")
    return path


def write(source: Path, path: Path, ref: str = "v3.3.2-debug") -> str:
    target = OciArchiveTarget(path, ref)
    try:
        return copy(LayoutSource(source), target).digest
    finally:
        target.close()


def test_reads_what_tar_writes(opened: Any, tmp_path: Path) -> None:
    digest = layout(tmp_path / "in", Recipe(), Recipe(architecture="arm64"))
    source = opened(OciArchiveSource(archive(tmp_path / "in", tmp_path / "x.tar"), "v3.3.2"))
    assert source.top().digest == digest
    assert source.manifest(source.top()) == ImageStore(tmp_path / "in").read(digest)
    source.close()
    source.close()


@pytest.mark.parametrize("members", [1, 3])
def test_gzip_is_spooled(opened: Any, tmp_path: Path, members: int) -> None:
    digest = layout(tmp_path / "in", Recipe(padding=3 << 20))
    plain = archive(tmp_path / "in", tmp_path / "x.tar").read_bytes()
    step = len(plain) // members + 1
    packed = b"".join(
        gzip.compress(plain[start : start + step], 1) for start in range(0, len(plain), step)
    )
    (tmp_path / "x.tar.gz").write_bytes(packed + bytes(1000))
    source = opened(OciArchiveSource(tmp_path / "x.tar.gz"))
    assert copy(source, opened(OciArchiveTarget(tmp_path / "y.tar", "x"))).digest == digest
    source.close()
    (tmp_path / "cut.tar.gz").write_bytes(packed[: len(packed) * 2 // 3])
    with pytest.raises(MalformedImage):
        opened(OciArchiveSource(tmp_path / "cut.tar.gz")).top()


def test_written_bytes_depend_on_the_image_alone(tmp_path: Path) -> None:
    layout(tmp_path / "in", Recipe(), Recipe(architecture="arm64", seed=2))
    hashes = set()
    for number in range(4):
        write(tmp_path / "in", tmp_path / f"{number}.tar")
        hashes.add(hashlib.sha256((tmp_path / f"{number}.tar").read_bytes()).hexdigest())
    assert len(hashes) == 1
    with tarfile.open(tmp_path / "0.tar") as tar:
        members = tar.getmembers()
    assert {(m.uid, m.gid, m.mtime, m.uname) for m in members} == {(0, 0, 0, "")}
    assert {(m.type, m.mode) for m in members} == {
        (tarfile.DIRTYPE, 0o755),
        (tarfile.REGTYPE, 0o644),
    }
    assert [m.name for m in members][-2:] == ["oci-layout", "index.json"]
    assert len({m.name for m in members}) == len(members)


def test_replaces_whole_or_not_at_all(opened: Any, tmp_path: Path) -> None:
    first = layout(tmp_path / "a", Recipe())
    second = layout(tmp_path / "b", Recipe(hook=b"other"))
    path = tmp_path / "x.tar"
    assert write(tmp_path / "a", path) == first
    before = path.read_bytes()

    store = ImageStore(tmp_path / "b")
    damaged = store.json(second)["layers"][3]["digest"]
    store.corrupt(damaged)
    target = opened(OciArchiveTarget(path, "x"))
    with pytest.raises(DigestMismatch):
        copy(LayoutSource(tmp_path / "b"), target)
    target.close()
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b", "x.tar"]

    store.corrupt(damaged)  # flips the bit back
    target = opened(OciArchiveTarget(path, "x"))
    other = target.held()  # another name, which would be lost
    assert other is not None
    assert other.digest not in (first, second)
    assert copy(LayoutSource(tmp_path / "b"), target).digest == second
    held = target.held()
    target.close()
    assert held is not None
    assert held.digest == second


def test_never_tagged_leaves_nothing(opened: Any, tmp_path: Path) -> None:
    digest = layout(tmp_path / "in")
    source = LayoutSource(tmp_path / "in")
    target = opened(OciArchiveTarget(tmp_path / "x.tar", "x"))
    target.put_manifest(source.top(), source.manifest(source.top()))
    target.close()
    target.close()
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert digest


@pytest.mark.parametrize("content", [b"my thesis", b"x" * 5000])
def test_foreign_file_is_left_alone(opened: Any, tmp_path: Path, content: bytes) -> None:
    layout(tmp_path / "in")
    path = tmp_path / "thesis"
    path.write_bytes(content)
    with pytest.raises(NotOurs):
        opened(OciArchiveTarget(path, "x")).held()
    with pytest.raises(NotOurs):
        write(tmp_path / "in", path)
    assert path.read_bytes() == content
    with pytest.raises(NotOurs):
        write(tmp_path / "in", tmp_path)


def test_missing_parent_folder(tmp_path: Path) -> None:
    layout(tmp_path / "in")
    with pytest.raises(CannotWrite) as caught:
        write(tmp_path / "in", tmp_path / "no" / "x.tar")
    assert caught.value.exit_code == 14


def test_ambiguous_and_missing(opened: Any, tmp_path: Path) -> None:
    layout(tmp_path / "in", Recipe(), ref="a")
    layout(tmp_path / "in", Recipe(hook=b"b"), ref="b")
    path = archive(tmp_path / "in", tmp_path / "x.tar")
    with pytest.raises(AmbiguousImage):
        opened(OciArchiveSource(path)).top()
    with pytest.raises(ImageNotFound):
        opened(OciArchiveSource(path, "c")).top()
    with pytest.raises(ImageNotFound):
        opened(OciArchiveSource(tmp_path / "nothing.tar")).top()
    with pytest.raises(ImageNotFound):
        opened(OciArchiveSource(tmp_path)).top()


def test_docker_archive_is_pointed_out(opened: Any, tmp_path: Path) -> None:
    digest = layout(tmp_path / "in")
    docker_archive(ImageStore(tmp_path / "in"), digest, tmp_path / "d.tar")
    with pytest.raises(ImageNotFound) as caught:
        opened(OciArchiveSource(tmp_path / "d.tar")).top()
    assert caught.value.advice == (f"docker-archive:{tmp_path}/d.tar",)


@pytest.mark.parametrize(("magic", "tool"), [(b"\xfd7zXZ\0", "xz"), (b"BZh9", "bzip2")])
def test_other_compressions_name_the_command(
    opened: Any, tmp_path: Path, magic: bytes, tool: str
) -> None:
    (tmp_path / "x.tar").write_bytes(magic + bytes(1000))
    with pytest.raises(MalformedImage) as caught:
        opened(OciArchiveSource(tmp_path / "x.tar")).top()
    assert caught.value.advice[0].startswith(f"{tool} -d < ")


def test_hostile_names_are_never_looked_up(opened: Any, tmp_path: Path) -> None:
    digest = layout(tmp_path / "in")
    path = tmp_path / "x.tar"
    archive(tmp_path / "in", path)
    with tarfile.open(path, "a") as tar:
        for name in ("../index.json", "/index.json", "a/../../oci-layout"):
            info = tarfile.TarInfo(name)
            info.size = 4
            tar.addfile(info, io.BytesIO(b"evil"))
        link = tarfile.TarInfo("evil")
        link.type, link.linkname = tarfile.SYMTYPE, "../../etc/passwd"
        tar.addfile(link)
    source = opened(OciArchiveSource(path))
    assert source.top().digest == digest
    assert source._size("evil") is None
    source.close()


def test_links_to_links_end(opened: Any, tmp_path: Path) -> None:
    layout(tmp_path / "in")
    (tmp_path / "in" / "index.json").unlink()
    path = archive(tmp_path / "in", tmp_path / "x.tar")
    with tarfile.open(path, "a") as tar:
        for name, target in (("index.json", "b"), ("b", "index.json")):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
    with pytest.raises(MalformedImage):
        opened(OciArchiveSource(path)).top()


def test_truncated(opened: Any, tmp_path: Path) -> None:
    layout(tmp_path / "in", Recipe(padding=1 << 20))
    whole = archive(tmp_path / "in", tmp_path / "x.tar").read_bytes()
    for part in (0.2, 0.5, 0.9):
        (tmp_path / "cut.tar").write_bytes(whole[: int(len(whole) * part)])
        with pytest.raises((MalformedImage, ImageNotFound)):
            source = opened(OciArchiveSource(tmp_path / "cut.tar"))
            copy(source, opened(OciArchiveTarget(tmp_path / "y.tar", "x")))
    assert not (tmp_path / "y.tar").exists()


def test_huge_extended_header_is_refused(opened: Any, tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 5 << 30
    (tmp_path / "x.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20))
    with pytest.raises(MalformedImage) as caught:
        opened(OciArchiveSource(tmp_path / "x.tar")).top()
    assert "a header record of" in caught.value.why


def test_long_names_and_pax_headers(opened: Any, tmp_path: Path) -> None:
    layout(tmp_path / "in")
    for number, form in enumerate((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)):
        path = tmp_path / f"{number}.tar"
        with tarfile.open(path, "w", format=form) as tar:
            info = tarfile.TarInfo("long/" * 60 + "ü")
            tar.addfile(info)
            tar.add(tmp_path / "in", arcname="")
        source = opened(OciArchiveSource(path))
        assert source._size("long/" * 60 + "ü") == 0
        assert source.top()
        source.close()


def test_absurd_manifest(opened: Any, tmp_path: Path) -> None:
    digest = layout(tmp_path / "in")
    index = json.loads((tmp_path / "in" / "index.json").read_text())
    index["manifests"][0]["size"] = 1 << 40
    (tmp_path / "in" / "index.json").write_text(json.dumps(index))
    source = opened(OciArchiveSource(archive(tmp_path / "in", tmp_path / "x.tar")))
    top = source.top()
    assert top.digest == digest
    with pytest.raises(MalformedImage):
        source.manifest(top)
    source.close()
