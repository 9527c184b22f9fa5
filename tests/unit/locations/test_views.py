from __future__ import annotations

from pathlib import Path

from tests.support.images import ImageStore, Recipe, layout

from ksimage.images.manifest import Index, Manifest, parse
from ksimage.images.mediatypes import OCI_CONFIG, OCI_INDEX, OCI_LAYER_GZIP, OCI_MANIFEST
from ksimage.locations.oci.folder import LayoutTarget
from ksimage.locations.oci.layout import LayoutSource
from ksimage.locations.transfer import copy
from ksimage.locations.views import AsOci


def test_index_of_docker_images(tmp_path: Path) -> None:
    top = layout(tmp_path / "in", Recipe(), Recipe(architecture="arm64", seed=2))
    before = ImageStore(tmp_path / "in")
    result = copy(AsOci(LayoutSource(tmp_path / "in")), LayoutTarget(tmp_path / "out", "x"))
    source = LayoutSource(tmp_path / "out", "x")
    index = parse("x", source.manifest(source.top()))
    assert isinstance(index, Index)
    assert index.media_type == OCI_INDEX
    assert result.digest != top
    for old, entry in zip(before.json(top)["manifests"], index.manifests, strict=True):
        manifest = parse("x", source.manifest(entry))
        assert isinstance(manifest, Manifest)
        assert (entry.media_type, manifest.media_type) == (OCI_MANIFEST, OCI_MANIFEST)
        assert entry.raw["platform"] == old["platform"]
        inner = before.json(old["digest"])
        assert manifest.config.digest == inner["config"]["digest"]
        assert manifest.config.media_type == OCI_CONFIG
        assert [layer.digest for layer in manifest.layers] == [
            layer["digest"] for layer in inner["layers"]
        ]
        assert {layer.media_type for layer in manifest.layers} == {OCI_LAYER_GZIP}


def test_oci_image_is_left_alone(tmp_path: Path) -> None:
    digest = layout(tmp_path / "in", Recipe(family="oci"), Recipe(family="oci", seed=2))
    source = AsOci(LayoutSource(tmp_path / "in"))
    assert source.top().digest == digest
    assert source.manifest(source.top()) == ImageStore(tmp_path / "in").read(digest)


def test_digest_is_the_same_every_time(tmp_path: Path) -> None:
    layout(tmp_path / "in")
    tops = {AsOci(LayoutSource(tmp_path / "in")).top().digest for _ in range(2)}
    assert len(tops) == 1
