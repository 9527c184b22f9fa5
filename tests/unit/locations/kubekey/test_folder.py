"""kk's unpacked folder: read as one image, patched in place, put back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support import kubekey
from tests.support.derived import copied, opened, planned, publish_plan

from ksimage.base.images import read_images
from ksimage.build import make
from ksimage.errors import (
    AmbiguousImage,
    ImageNotFound,
    KubekeyImagesNotFound,
    KubekeyNothingToUndo,
    MalformedImage,
    TagOccupied,
)
from ksimage.images.manifest import Descriptor, descriptor
from ksimage.locations import spec
from ksimage.locations.kubekey.folder import undo
from ksimage.locations.kubekey.images import all_of
from ksimage.locations.kubekey.source import installers, layout_folder
from ksimage.locations.oci.layout import LayoutSource
from ksimage.locations.views import SourceView

TAG = "v3.3.2"
OURS = [f"kubesphereio:ks-installer:v3.3.2-{name}" for name in kubekey.PLATFORMS]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return kubekey.folder(tmp_path / "kubekey")


def index(folder: Path) -> bytes:
    return (folder / "images" / "index.json").read_bytes()


def platforms(location: str) -> dict[str, str]:
    source = opened(location)
    try:
        images = read_images(source).images
        return {str(image.platform): image.descriptor.digest for image in images}
    finally:
        source.close()


def digests(folder: Path) -> dict[str, str]:
    document = json.loads(index(folder))
    return {entry["annotations"][kubekey.REF]: entry["digest"] for entry in document["manifests"]}


class Failing(SourceView):
    """A source whose blobs end too early."""

    @contextmanager
    def blob(self, descriptor: Descriptor, offset: int = 0) -> Iterator[Iterator[bytes]]:
        with super().blob(descriptor, offset) as chunks:
            next(chunks, b"")
            raise MalformedImage(self.name, "the test says so")
        yield iter(())


class TestReading:
    @pytest.mark.parametrize("below", ["", "kubekey", "kubekey/images"])
    def test_each_folder_that_people_may_name(self, folder: Path, below: str) -> None:
        found = platforms(f"kubekey:{folder.parent / below}")
        assert found == {
            f"linux/{name}": digests(folder)[f"kubesphereio:ks-installer:v3.3.2-{name}"]
            for name in kubekey.PLATFORMS
        }

    @pytest.mark.parametrize("ref", [TAG, "kubesphereio:ks-installer:v3.3.2"])
    def test_by_name(self, folder: Path, ref: str) -> None:
        assert len(platforms(f"kubekey:{folder}:{ref}")) == 2

    @pytest.mark.parametrize("ref", [f"{TAG}-arm64", OURS[1]])
    def test_one_architecture(self, folder: Path, ref: str) -> None:
        assert platforms(f"kubekey:{folder}:{ref}") == {"linux/arm64": digests(folder)[OURS[1]]}

    def test_another_image(self, folder: Path) -> None:
        assert len(platforms(f"kubekey:{folder}:calico:cni:v3.23.2")) == 2

    def test_names_of_later_kk(self, tmp_path: Path) -> None:
        folder = kubekey.folder(tmp_path / "kubekey", full_names=True)
        assert len(platforms(f"kubekey:{folder}")) == 2
        (first, *_) = installers(folder)
        assert str(first) == "docker.io/kubesphereio/ks-installer:v3.3.2-amd64"
        assert first.group.namespace == "kubesphereio"

    def test_one_platform_is_no_index(self, tmp_path: Path) -> None:
        folder = kubekey.folder(tmp_path / "kubekey", platforms=["amd64"])
        source = opened(f"kubekey:{folder}")
        assert source.top().digest == digests(folder)[OURS[0]]

    def test_several(self, tmp_path: Path) -> None:
        names = ["kubesphere:ks-installer:v3.3.2", "kubesphere:ks-installer:v3.4.1"]
        folder = kubekey.folder(tmp_path / "kubekey", installers=names)
        with pytest.raises(AmbiguousImage) as caught:
            opened(f"kubekey:{folder}").top()
        assert caught.value.present == ("v3.3.2", "v3.4.1")
        with planned(f"kubekey:{folder}") as plan:
            assert str(plan.location) == f"kubekey:{folder}:v3.3.2"

    def test_hundreds_of_images(self, tmp_path: Path) -> None:
        folder = kubekey.folder(tmp_path / "kubekey")
        document = json.loads(index(folder))
        entry = document["manifests"][0]
        document["manifests"] += [
            {**entry, "annotations": {kubekey.REF: f"many:image{number}:1-amd64"}}
            for number in range(600)
        ]
        (folder / "images" / "index.json").write_text(json.dumps(document))
        assert len(platforms(f"kubekey:{folder}")) == 2
        assert len(all_of(LayoutSource(layout_folder(folder)).entries())) == 604

    def test_none(self, tmp_path: Path) -> None:
        folder = kubekey.folder(tmp_path / "kubekey", installers=[])
        with pytest.raises(ImageNotFound) as caught:
            opened(f"kubekey:{folder}").top()
        assert caught.value.why == "none of its 3 images is ks-installer"
        with pytest.raises(ImageNotFound) as caught:
            opened(f"kubekey:{folder}:v9").top()
        with pytest.raises(KubekeyImagesNotFound):
            opened(f"kubekey:{tmp_path}/nothing").top()
        (tmp_path / "old" / "images").mkdir(parents=True)
        (tmp_path / "old" / "images" / "a.tar").touch()
        with pytest.raises(KubekeyImagesNotFound) as old:
            opened(f"kubekey:{tmp_path}/old").top()
        assert old.value.why == "its images are tars, as kk v2.0 wrote them"


class TestPatching:
    def test_a_new_tag_stands_beside(self, folder: Path) -> None:
        before = digests(folder)
        with planned(f"kubekey:{folder}") as plan:
            made = publish_plan(plan, f"kubekey:{folder}:v3.3.2-debug")
            again = publish_plan(plan, f"kubekey:{folder}:v3.3.2-debug")
        assert again.up_to_date
        after = digests(folder)
        assert {name: after[name] for name in before} == before
        assert set(after) - set(before) == {
            f"kubesphereio:ks-installer:v3.3.2-debug-{name}" for name in kubekey.PLATFORMS
        }
        source = opened(f"kubekey:{folder}:v3.3.2-debug")
        assert source.top().digest == made.top.digest
        document = json.loads(source.manifest(source.top()))
        base = "org.opencontainers.image.base.digest"
        assert base not in document["annotations"]  # that index was made up
        for entry in document["manifests"]:
            manifest = json.loads(source.manifest(descriptor("", entry)))
            assert manifest["annotations"][base] in before.values()

    def test_the_same_tag_keeps_the_original(self, folder: Path) -> None:
        before, original = digests(folder), index(folder)
        with planned(f"kubekey:{folder}") as plan:
            with pytest.raises(TagOccupied):
                publish_plan(plan, f"kubekey:{folder}:{TAG}")
            assert index(folder) == original
            made = publish_plan(plan, f"kubekey:{folder}:{TAG}", overwrite=True)
            assert publish_plan(plan, f"kubekey:{folder}:{TAG}", overwrite=True).up_to_date
        assert made.kept == f"kubekey:{folder}:v3.3.2-orig"
        after = digests(folder)
        for name in OURS:
            kept = name.replace("v3.3.2-", "v3.3.2-orig-")
            assert after[kept] == before[name] != after[name]
        others = [name for name in before if name not in OURS]
        assert [after[name] for name in others] == [before[name] for name in others]
        assert list(after)[: len(before)] == list(before)
        assert (folder / "artifact.md5").read_text() == "d41d8cd98f00b204e9800998ecf8427e"

    def test_undo_gives_the_same_bytes(self, folder: Path) -> None:
        original = index(folder)
        with planned(f"kubekey:{folder}") as plan:
            publish_plan(plan, f"kubekey:{folder}:{TAG}", overwrite=True)
        assert undo(folder.parent) == tuple(OURS)
        assert index(folder) == original
        with pytest.raises(KubekeyNothingToUndo):
            undo(folder)

    def test_the_first_original_stays(self, folder: Path) -> None:
        original = index(folder)
        with planned(f"kubekey:{folder}") as plan:
            publish_plan(plan, f"kubekey:{folder}:{TAG}", overwrite=True)
        with planned(f"kubekey:{folder}:v3.3.2-orig", verbosity=3) as plan:
            made = publish_plan(plan, f"kubekey:{folder}:{TAG}", overwrite=True)
        assert made.kept is None
        undo(folder)
        assert index(folder) == original

    def test_one_platform(self, tmp_path: Path) -> None:
        folder = kubekey.folder(tmp_path / "kubekey", platforms=["arm64"])
        original = index(folder)
        with planned(f"kubekey:{folder}") as plan:
            publish_plan(plan, f"kubekey:{folder}:{TAG}", overwrite=True)
        assert len(platforms(f"kubekey:{folder}:{TAG}")) == 1
        undo(folder)
        assert index(folder) == original

    def test_names_of_later_kk(self, tmp_path: Path) -> None:
        folder = kubekey.folder(tmp_path / "kubekey", full_names=True)
        with planned(f"kubekey:{folder}") as plan:
            publish_plan(plan, f"kubekey:{folder}:{TAG}", overwrite=True)
        assert "docker.io/kubesphereio/ks-installer:v3.3.2-orig-arm64" in digests(folder)

    def test_an_image_from_elsewhere(self, folder: Path, tmp_path: Path) -> None:
        other = kubekey.folder(tmp_path / "other" / "kubekey", installers=["a:ks-installer:v3.4.1"])
        copied(opened(f"kubekey:{other}"), f"kubekey:{folder}:v3.4.1")
        assert platforms(f"kubekey:{folder}:v3.4.1") == platforms(f"kubekey:{other}")
        assert "kubesphereio:ks-installer:v3.4.1-amd64" in digests(folder)

    def test_where_to_is_not_clear(self, tmp_path: Path) -> None:
        names = ["a:ks-installer:v3.3.2", "b:ks-installer:v3.4.1"]
        folder = kubekey.folder(tmp_path / "kubekey", installers=names)
        with planned(f"kubekey:{folder}:v3.3.2") as plan:
            with pytest.raises(AmbiguousImage) as caught:
                publish_plan(plan, f"kubekey:{folder}:v3.3.2-debug")
            assert caught.value.present == (
                "a:ks-installer:v3.3.2-debug", "b:ks-installer:v3.3.2-debug",
            )  # fmt: skip
            publish_plan(plan, f"kubekey:{folder}:a:ks-installer:v3.3.2-debug")
        assert "a:ks-installer:v3.3.2-debug-amd64" in digests(folder)

    def test_a_failure_on_the_way_changes_no_name(self, folder: Path) -> None:
        original = index(folder)
        with planned(f"kubekey:{folder}") as plan:
            source = make.derived(plan, spec.parse(f"kubekey:{folder}:new"))
            with pytest.raises(MalformedImage):
                copied(Failing(source), f"kubekey:{folder}:new")
        assert index(folder) == original
        assert not list((folder / "images").glob(".ksimage-*"))

    def test_nothing_to_write_to(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        with planned(f"kubekey:{folder}") as plan, pytest.raises(KubekeyImagesNotFound):
            publish_plan(plan, f"kubekey:{tmp_path}/empty:{TAG}")
