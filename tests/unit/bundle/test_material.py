"""Gathering, and what a cut archive still gives."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from ksimage.bundle.archive import open_bundle
from ksimage.bundle.material import Contents, Material, Missing, OldBundle
from ksimage.bundle.writer import write


def _tar(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def _read(contents: Contents) -> dict[str, bytes]:
    return {part.path: b"".join(part.pieces) for part in contents.parts()}


def test_parts_can_be_read_again(tmp_path: Path) -> None:
    with Material() as material:
        material.add("b/x", b"1")
        material.add("a/y", b"2")
        archive = _tar(tmp_path / "t", {"results/rc": b"0", "MANIFEST.json": b"{}", "a/y": b"no"})
        assert material.add_archive("results", archive, ("results/",), {"results/rc": 7}) == 3
        assert _read(material) == _read(material) == {"a/y": b"2", "b/x": b"1", "results/rc": b"0"}
        assert [part.truncated for part in material.parts()] == [0, 0, 7]
        assert len(material) == 3


def test_the_private_folder_is_private_and_goes(tmp_path: Path) -> None:
    with Material() as material:
        path = material.file()
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.parent.exists()


@pytest.mark.parametrize("kept", [0.4, 0.9])
def test_of_a_cut_archive_the_whole_files_are_taken(tmp_path: Path, kept: float) -> None:
    import random

    noise = random.Random(1)
    files = {f"results/{n:02}": noise.randbytes(3_000) for n in range(40)}
    data = _tar(tmp_path / "t", files).read_bytes()
    (tmp_path / "t").write_bytes(data[: int(len(data) * kept)])
    with Material() as material:
        count = material.add_archive("results", tmp_path / "t", ("results/",), {})
        found = _read(material)
        assert 40 * kept - 3 <= count == len(found) < 40
        assert all(found[name] == files[name] for name in found)
        (missing,) = material.missing()
        assert missing.what == "results"
        assert f"after {count} files" in missing.why


def test_a_hostile_archive_is_used_up_to_its_first_lie(tmp_path: Path) -> None:
    with Material() as material:
        archive = _tar(tmp_path / "t", {"results/a": b"1", "results/../../x": b"2"})
        material.add_archive("results", archive, ("results/",), {})
        assert "x" not in _read(material)
        assert "leads out of the bundle" in material.missing()[0].why


def test_nothing_at_all_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"")
    with Material() as material:
        assert material.add_archive("results", tmp_path / "t", ("results/",), {}) == 0
        assert _read(material) == {}


def test_an_old_bundle_is_contents_again(tmp_path: Path) -> None:
    with Material() as material:
        archive = _tar(tmp_path / "t", {"results/rc": b"0"})
        material.add_archive("results", archive, ("results/",), {"results/rc": 9})
        material.miss("logs", "forbidden")
        write(tmp_path / "b.tar.gz", material, None, {"source": "here"}, 1e9)
    old = OldBundle(open_bundle(tmp_path / "b.tar.gz"))
    assert _read(old) == {"results/rc": b"0"}
    assert old.missing() == [Missing("logs", "forbidden")]
    assert old.source == "here"
    assert [part.truncated for part in old.parts()] == [9]


@pytest.mark.parametrize(
    "manifest", [b"{}", b'{"files": 3, "missing": 4}', b'{"files": [1, {"truncated": "x"}]}']
)
def test_a_strange_manifest_is_no_error(tmp_path: Path, manifest: bytes) -> None:
    archive = _tar(tmp_path / "t", {"a": b"1", "MANIFEST.json": manifest})
    old = OldBundle(open_bundle(archive))
    assert _read(old) == {"a": b"1"}
    assert all(missing.what == "MANIFEST.json" for missing in old.missing())
