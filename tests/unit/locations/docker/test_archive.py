from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.images import Entry, ImageStore, Recipe, Step, docker_archive, layout

from ksimage.errors import (
    AmbiguousImage,
    DigestMismatch,
    ImageNotFound,
    MalformedImage,
    PlatformNeeded,
    UnsupportedImage,
)
from ksimage.images.manifest import Manifest, parse
from ksimage.images.mediatypes import (
    DOCKER_LAYER_GZIP,
    DOCKER_LAYER_TAR,
    DOCKER_MANIFEST,
    OCI_MANIFEST,
)
from ksimage.locations.docker.archive import DockerArchiveSource, DockerArchiveTarget
from ksimage.locations.oci.folder import LayoutTarget
from ksimage.locations.oci.layout import LayoutSource
from ksimage.locations.transfer import copy, of_platform

FORMS = ["save-24", "save-25", "skopeo"]


def manifest_of(source: DockerArchiveSource) -> Manifest:
    top = source.top()
    parsed = parse(source.name, source.manifest(top), top.media_type)
    assert isinstance(parsed, Manifest)
    return parsed


def rewrite(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Change the archive's files, links left out."""
    with tarfile.open(path) as tar:
        files = {m.name: tar.extractfile(m).read() for m in tar if m.isreg()}  # type: ignore[union-attr]
    change(files)
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, str]:
    digest = layout(tmp_path / "in")
    path = tmp_path / "saved.tar"
    return path, docker_archive(ImageStore(tmp_path / "in"), digest, path)


class TestSource:
    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("compression", ["gzip", "zstd"])
    def test_every_form(self, opened: Any, tmp_path: Path, form: Any, compression: Any) -> None:
        store = ImageStore(tmp_path / "in")
        # Two layers with the same content: one is a link in the oldest form.
        recipe = Recipe(compression=compression, files=(Entry("kubesphere/playbooks/x"),))
        digest = layout(tmp_path / "in", recipe)
        image_id = docker_archive(store, digest, tmp_path / "d.tar", form=form)
        source = opened(DockerArchiveSource(tmp_path / "d.tar"))
        manifest = manifest_of(source)
        config = json.loads(store.read(store.json(digest)["config"]["digest"]))
        assert manifest.config.digest == image_id
        assert [layer.digest for layer in manifest.layers] == config["rootfs"]["diff_ids"]
        assert source.top().media_type == (OCI_MANIFEST if form == "save-25" else DOCKER_MANIFEST)
        for layer in manifest.layers:
            with source.blob(layer) as chunks:
                assert sum(map(len, chunks)) == layer.size
        source.close()
        source.close()

    def test_repeated_layer_is_a_link(self, opened: Any, tmp_path: Path) -> None:
        store = ImageStore(tmp_path / "in")
        same = Step("RUN true", (Entry("same"),))

        class Twice(Recipe):
            def steps(self) -> list[Step]:
                return [*super().steps(), same, same]

        digest = store.tag(store.image(Twice()))
        docker_archive(store, digest, tmp_path / "d.tar", form="save-24")
        with tarfile.open(tmp_path / "d.tar") as tar:
            assert any(member.issym() for member in tar)
        source = opened(DockerArchiveSource(tmp_path / "d.tar"))
        layers = manifest_of(source).layers
        assert layers[-1] == layers[-2]
        result = copy(source, LayoutTarget(tmp_path / "out", "x"))
        source.close()
        assert len(result.transfers) == len({layer.digest for layer in layers}) + 1

    def test_made_up_manifest_is_always_the_same(
        self, opened: Any, saved: tuple[Path, str]
    ) -> None:
        digests = set()
        for _ in range(2):
            source = opened(DockerArchiveSource(saved[0]))
            digests.add(source.top().digest)
            source.close()
        assert len(digests) == 1

    def test_compressed_layers_of_other_writers(self, opened: Any, tmp_path: Path) -> None:
        digest = layout(tmp_path / "in")
        path = tmp_path / "d.tar"
        docker_archive(ImageStore(tmp_path / "in"), digest, path, form="skopeo")

        def compress(files: dict[str, bytes]) -> None:
            (image,) = json.loads(files["manifest.json"])
            for name in image["Layers"]:
                files[f"{name}.gz"] = gzip.compress(files.pop(name), mtime=0)
            image["Layers"] = [f"{name}.gz" for name in image["Layers"]]
            files["manifest.json"] = json.dumps([image]).encode()

        rewrite(path, compress)
        source = opened(DockerArchiveSource(path))
        layers = manifest_of(source).layers
        assert {layer.media_type for layer in layers} == {DOCKER_LAYER_GZIP}
        for layer in layers:
            with source.blob(layer) as chunks:
                data = b"".join(chunks)
            assert layer.digest == f"sha256:{hashlib.sha256(data).hexdigest()}"
        source.close()

    def test_several_images(self, opened: Any, tmp_path: Path) -> None:
        store = ImageStore(tmp_path / "in")
        first = store.image(Recipe())
        second = store.image(Recipe(hook=b"x"))
        one = docker_archive(store, first["digest"], tmp_path / "1.tar", names=["a/b:1", "a/b:2"])
        two = docker_archive(store, second["digest"], tmp_path / "2.tar", names=[])
        path = tmp_path / "both.tar"
        with tarfile.open(path, "w") as tar:
            images = []
            for part in ("1.tar", "2.tar"):
                with tarfile.open(tmp_path / part) as old:
                    for member in old:
                        if member.name == "manifest.json":
                            images += json.load(old.extractfile(member))  # type: ignore[arg-type]
                        else:
                            tar.addfile(member, old.extractfile(member) if member.isreg() else None)
            data = json.dumps(images).encode()
            info = tarfile.TarInfo("manifest.json")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        with pytest.raises(AmbiguousImage) as caught:
            opened(DockerArchiveSource(path)).top()
        advice = "\n".join(caught.value.advice)
        assert f"docker-archive:{path}:a/b:1" in advice
        assert f"docker-archive:{path}@{two}" in advice
        assert manifest_of(opened(DockerArchiveSource(path, "a/b:2"))).config.digest == one
        assert manifest_of(opened(DockerArchiveSource(path, digest=two))).config.digest == two
        by_manifest = opened(DockerArchiveSource(path, "a/b:1")).top().digest
        assert opened(DockerArchiveSource(path, digest=by_manifest)).top().digest == by_manifest
        with pytest.raises(ImageNotFound) as missing:
            opened(DockerArchiveSource(path, "a/b:3")).top()
        assert "a/b:1" in missing.value.why

    def test_damaged_layer(self, opened: Any, saved: tuple[Path, str]) -> None:
        path, _ = saved

        def damage(files: dict[str, bytes]) -> None:
            (image,) = json.loads(files["manifest.json"])
            name = image["Layers"][0]
            files[name] = files[name][:-1] + b"x"

        rewrite(path, damage)
        source = opened(DockerArchiveSource(path))
        with pytest.raises(DigestMismatch), source.blob(manifest_of(source).layers[0]) as chunks:
            list(chunks)
        source.close()

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            (lambda files, name: files.update({name: files[name] + b" "}), DigestMismatch),
            (lambda files, name: files.pop(name), MalformedImage),
            (lambda files, name: files.update({"manifest.json": b"[{}]"}), MalformedImage),
            (lambda files, name: files.update({"manifest.json": b'{"a":'}), MalformedImage),
            (lambda files, name: files.update({"manifest.json": b"[]"}), ImageNotFound),
            (lambda files, name: files.update({"manifest.json": b'1,"x":2'}), MalformedImage),
            (lambda files, name: files.pop("manifest.json"), ImageNotFound),
        ],
        ids=["config", "no-config", "empty", "cut", "no-image", "injected", "no-list"],
    )
    def test_hostile(self, opened: Any, saved: tuple[Path, str], change: Any, error: Any) -> None:
        path, image_id = saved
        name = f"{image_id.removeprefix('sha256:')}.json"
        rewrite(path, lambda files: change(files, name))
        source = opened(DockerArchiveSource(path))
        with pytest.raises(error):
            source.top()
        source.close()

    def test_config_and_list_disagree(self, opened: Any, saved: tuple[Path, str]) -> None:
        path, _ = saved

        def shorten(files: dict[str, bytes]) -> None:
            (image,) = json.loads(files["manifest.json"])
            image["Layers"].pop()
            files["manifest.json"] = json.dumps([image]).encode()

        rewrite(path, shorten)
        with pytest.raises(MalformedImage):
            opened(DockerArchiveSource(path)).top()

    def test_layout_without_all_blobs_is_not_used(self, opened: Any, tmp_path: Path) -> None:
        digest = layout(tmp_path / "in")
        path = tmp_path / "d.tar"
        docker_archive(ImageStore(tmp_path / "in"), digest, path, form="save-25")

        def lose(files: dict[str, bytes]) -> None:
            index = json.loads(files["index.json"])
            inner = f"blobs/sha256/{index['manifests'][0]['digest'].removeprefix('sha256:')}"
            files[inner] = files[inner].replace(b'"size": ', b'"size": 1')
            index["manifests"][0]["digest"] = f"sha256:{hashlib.sha256(files[inner]).hexdigest()}"
            index["manifests"][0]["size"] = len(files[inner])
            files[f"blobs/sha256/{hashlib.sha256(files[inner]).hexdigest()}"] = files[inner]
            files["index.json"] = json.dumps(index).encode()

        rewrite(path, lose)
        source = opened(DockerArchiveSource(path))
        assert source.top().media_type == DOCKER_MANIFEST
        assert manifest_of(source).layers[0].media_type == DOCKER_LAYER_TAR
        source.close()

    def test_oci_archive_is_pointed_out(self, opened: Any, tmp_path: Path) -> None:
        layout(tmp_path / "in")
        with tarfile.open(tmp_path / "o.tar", "w") as tar:
            tar.add(tmp_path / "in", arcname="")
        with pytest.raises(ImageNotFound) as caught:
            opened(DockerArchiveSource(tmp_path / "o.tar")).top()
        assert caught.value.advice == (f"oci-archive:{tmp_path}/o.tar",)


class TestTarget:
    @pytest.mark.parametrize("family", ["docker", "oci"])
    def test_round_trip_keeps_the_digest(self, opened: Any, tmp_path: Path, family: Any) -> None:
        digest = layout(tmp_path / "in", Recipe(family=family))
        path = tmp_path / "d.tar"
        target = opened(DockerArchiveTarget(path, "kubesphere/ks-installer:v3.3.2-debug"))
        assert target.held() is None
        copy(LayoutSource(tmp_path / "in"), target)
        held = target.held()
        target.close()
        assert held is not None
        assert held.digest == digest
        with tarfile.open(path) as tar:
            (image,) = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
            index = json.load(tar.extractfile("index.json"))  # type: ignore[arg-type]
            names = tar.getnames()
        assert image["RepoTags"] == ["kubesphere/ks-installer:v3.3.2-debug"]
        assert all(layer in names for layer in [*image["Layers"], image["Config"]])
        assert index["manifests"][0]["annotations"] == {
            "io.containerd.image.name": "docker.io/kubesphere/ks-installer:v3.3.2-debug",
            "org.opencontainers.image.ref.name": "v3.3.2-debug",
        }
        source = opened(DockerArchiveSource(path))
        assert copy(source, LayoutTarget(tmp_path / "out", "x")).digest == digest
        source.close()

    def test_same_bytes(self, opened: Any, tmp_path: Path) -> None:
        layout(tmp_path / "in")
        written = []
        for name in ("1.tar", "2.tar"):
            target = opened(DockerArchiveTarget(tmp_path / name, "a:1"))
            copy(LayoutSource(tmp_path / "in"), target)
            written.append((tmp_path / name).read_bytes())
        assert written[0] == written[1]

    def test_index_is_refused_unless_a_platform_is_named(self, opened: Any, tmp_path: Path) -> None:
        top = layout(tmp_path / "in", Recipe(), Recipe(architecture="arm64"))
        target = opened(DockerArchiveTarget(tmp_path / "d.tar", "a:1"))
        with pytest.raises(PlatformNeeded) as caught:
            copy(LayoutSource(tmp_path / "in"), target)
        assert "linux/arm64" in caught.value.message
        assert not (tmp_path / "d.tar").exists()
        chosen = of_platform(LayoutSource(tmp_path / "in"), target.name, "linux/arm64")
        result = copy(chosen, target)
        entries = ImageStore(tmp_path / "in").json(top)["manifests"]
        assert result.digest == entries[1]["digest"]

    def test_index_itself_cannot_be_tagged(self, opened: Any, tmp_path: Path) -> None:
        layout(tmp_path / "in", Recipe(), Recipe(architecture="arm64"))
        source = LayoutSource(tmp_path / "in")
        target = opened(DockerArchiveTarget(tmp_path / "d.tar", "a:1"))
        with pytest.raises(UnsupportedImage):
            target.tag(source.top(), source.manifest(source.top()))
        target.close()
        assert not (tmp_path / "d.tar").exists()

    def test_without_a_name(self, opened: Any, tmp_path: Path) -> None:
        digest = layout(tmp_path / "in")
        copy(LayoutSource(tmp_path / "in"), opened(DockerArchiveTarget(tmp_path / "d.tar")))
        source = opened(DockerArchiveSource(tmp_path / "d.tar"))
        assert source.top().digest == digest
        assert source.names() == []
        source.close()
