"""kk's artifact: read without unpacking, rewritten as a stream."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import kubekey
from tests.support.derived import opened, planned, publish_plan
from tests.unit.locations.kubekey.test_folder import digests, platforms

from ksimage.base.images import read_images
from ksimage.errors import (
    CannotWrite,
    ImageNotFound,
    KubekeyImagesNotFound,
    KubekeyNothingToUndo,
    MalformedImage,
    TagMoved,
    TagOccupied,
)
from ksimage.images.manifest import Descriptor
from ksimage.locations.files.staging import Staged
from ksimage.locations.kubekey.folder import undo
from ksimage.locations.kubekey.target import KubekeyArtifactTarget
from ksimage.locations.protocol import Source

TAG = "v3.3.2"
INDEX = "images/index.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return kubekey.folder(tmp_path / "kubekey")


@pytest.fixture
def artifact(folder: Path, tmp_path: Path) -> Path:
    return kubekey.artifact(folder, tmp_path / "artifact.tar.gz")


def test_the_same_image_as_in_the_folder(folder: Path, artifact: Path) -> None:
    assert opened(f"kubekey:{artifact}").top() == opened(f"kubekey:{folder}").top()
    assert platforms(f"kubekey:{artifact}") == platforms(f"kubekey:{folder}")


def test_patched_in_place(artifact: Path) -> None:
    before, original = kubekey.contents(artifact), artifact.read_bytes()
    with planned(f"kubekey:{artifact}") as plan:
        with pytest.raises(TagOccupied):
            publish_plan(plan, f"kubekey:{artifact}:{TAG}")
        assert artifact.read_bytes() == original
        made = publish_plan(plan, f"kubekey:{artifact}:{TAG}", overwrite=True)
    assert made.replaced is not None
    after = kubekey.contents(artifact)
    assert [name for name in before if after[name] != before[name]] == [INDEX]
    added = [name for name in after if name not in before]
    assert added
    assert all(name.startswith("images/blobs/sha256/") for name in added)
    assert list(after).index(added[-1]) + 1 == list(after).index(INDEX)
    assert artifact.with_name("artifact.tar.gz.orig").read_bytes() == original


def test_the_same_image_as_a_patched_folder(folder: Path, artifact: Path, tmp_path: Path) -> None:
    with planned(f"kubekey:{artifact}") as plan:
        one = publish_plan(plan, f"kubekey:{artifact}:{TAG}", overwrite=True)
    with planned(f"kubekey:{folder}") as plan:
        other = publish_plan(plan, f"kubekey:{folder}:{TAG}", overwrite=True)
    assert one.top.digest == other.top.digest
    unpacked = tmp_path / "unpacked"
    for name, data in kubekey.contents(artifact).items():
        (unpacked / name).parent.mkdir(parents=True, exist_ok=True)
        (unpacked / name).write_bytes(data)
    assert digests(unpacked) == digests(folder)


def test_a_new_file_of_another_artifact(artifact: Path, tmp_path: Path) -> None:
    original = artifact.read_bytes()
    patched = tmp_path / "patched.tar.gz"
    with planned(f"kubekey:{artifact}") as plan:
        publish_plan(plan, f"kubekey:{patched}:{TAG}")
        assert publish_plan(plan, f"kubekey:{patched}:{TAG}").up_to_date
    assert artifact.read_bytes() == original
    assert not patched.with_name("patched.tar.gz.orig").exists()
    names = [name for name, data in kubekey.contents(patched).items() if name == INDEX and data]
    assert names == [INDEX]
    assert len(platforms(f"kubekey:{patched}:v3.3.2-orig")) == 2


def test_a_new_tag(artifact: Path) -> None:
    with planned(f"kubekey:{artifact}") as plan:
        publish_plan(plan, f"kubekey:{artifact}:v3.3.2-debug")
    assert len(platforms(f"kubekey:{artifact}:v3.3.2-debug")) == 2
    assert len(platforms(f"kubekey:{artifact}:{TAG}")) == 2
    with pytest.raises(ImageNotFound):
        opened(f"kubekey:{artifact}:v3.3.2-orig").top()


def test_undo(artifact: Path) -> None:
    original = artifact.read_bytes()
    with pytest.raises(KubekeyNothingToUndo):
        undo(artifact)
    with planned(f"kubekey:{artifact}") as plan:
        publish_plan(plan, f"kubekey:{artifact}:{TAG}", overwrite=True)
    assert undo(artifact) == (str(artifact),)
    assert artifact.read_bytes() == original


def test_a_second_replacement_keeps_both_files(artifact: Path) -> None:
    original = artifact.read_bytes()
    with planned(f"kubekey:{artifact}") as plan:
        publish_plan(plan, f"kubekey:{artifact}:{TAG}", overwrite=True)
    with planned(f"kubekey:{artifact}:v3.3.2-orig", verbosity=3) as plan:
        publish_plan(plan, f"kubekey:{artifact}:{TAG}", overwrite=True)
    assert artifact.with_name("artifact.tar.gz.orig").read_bytes() == original
    assert artifact.with_name("artifact.tar.gz.orig.1").exists()


def test_an_image_that_comes_from_no_artifact(folder: Path, tmp_path: Path) -> None:
    with planned(f"kubekey:{folder}") as plan, pytest.raises(KubekeyImagesNotFound):
        publish_plan(plan, f"kubekey:{tmp_path}/new.tar.gz:{TAG}")
    assert not (tmp_path / "new.tar.gz").exists()


def test_somebody_else_writes_meanwhile(artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = KubekeyArtifactTarget._write

    def meddled(self: KubekeyArtifactTarget, *arguments: object) -> None:
        other = artifact.with_name("other")
        other.write_bytes(b"another artifact")
        other.replace(artifact)
        write(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(KubekeyArtifactTarget, "_write", meddled)
    with planned(f"kubekey:{artifact}") as plan, pytest.raises(TagMoved):
        publish_plan(plan, f"kubekey:{artifact}:v3.3.2-debug")
    assert artifact.read_bytes() == b"another artifact"
    assert not list(artifact.parent.glob(".ksimage-*"))


def test_a_full_disk(artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = artifact.read_bytes()

    def full(*_: object) -> int:
        raise CannotWrite(artifact.parent, OSError(28, "No space left on device"))

    with planned(f"kubekey:{artifact}") as plan:
        monkeypatch.setattr(Staged, "write", full)
        with pytest.raises(CannotWrite):
            publish_plan(plan, f"kubekey:{artifact}:v3.3.2-debug")
    assert artifact.read_bytes() == original
    assert [path.name for path in artifact.parent.glob("*artifact*")] == ["artifact.tar.gz"]
    assert not list(artifact.parent.glob(".ksimage-*"))


class TestDamage:
    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
    def test_truncated(self, artifact: Path, share: float) -> None:
        data = artifact.read_bytes()
        artifact.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(MalformedImage):
            platforms(f"kubekey:{artifact}")

    def test_no_artifact(self, tmp_path: Path) -> None:
        path = tmp_path / "a.tar.gz"
        path.write_bytes(gzip.compress(b"no tar"))
        with pytest.raises(MalformedImage):
            opened(f"kubekey:{path}").top()
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / "file").write_text("x")
        with pytest.raises(KubekeyImagesNotFound):
            opened(f"kubekey:{kubekey.artifact(tmp_path / 'x', path)}").top()

    def test_a_flipped_bit_in_a_blob(self, folder: Path, tmp_path: Path) -> None:
        (blob, *_) = sorted(
            (folder / "images/blobs/sha256").iterdir(), key=lambda file: -file.stat().st_size
        )
        data = bytearray(blob.read_bytes())
        data[len(data) // 2] ^= 1
        blob.write_bytes(data)
        artifact = kubekey.artifact(folder, tmp_path / "a.tar.gz")
        source = opened(f"kubekey:{artifact}:{_owner(folder, blob.name)}")
        with pytest.raises(MalformedImage):
            for image in _everything(source):
                with source.blob(image) as chunks:
                    for _ in chunks:
                        pass


def _owner(folder: Path, blob: str) -> str:
    for name, digest in digests(folder).items():
        manifest = (folder / "images/blobs/sha256" / digest.removeprefix("sha256:")).read_text()
        if blob in manifest and json.loads(manifest):
            return name
    raise AssertionError(f"{blob} belongs to nobody")


def _everything(source: Source) -> Iterator[Descriptor]:
    for image in read_images(source).images:
        yield image.manifest.config
        yield from image.manifest.layers
