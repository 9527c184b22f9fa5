"""The base image: its platforms, manifests and configs."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.support.images import (
    MANIFEST_TYPE,
    ImageStore,
    Recipe,
    layout,
)

from ksimage.base.images import read_images
from ksimage.errors import (
    MalformedImage,
    PlatformNotFound,
    UnsupportedImage,
)
from ksimage.locations import access, spec
from ksimage.locations.oci.layout import LayoutSource


def index_of(path: Path, *platforms: dict[str, str], **fields: Any) -> LayoutSource:
    """An index of one image under several platforms."""
    store = ImageStore(path)
    entries = []
    for number, platform in enumerate(platforms):
        image = store.image(Recipe(seed=number, labels={"n": str(number)}))
        entries.append({**image, "platform": {"os": "linux", **platform}, **fields})
    store.tag(store.index(entries), "v3.3.2")
    return LayoutSource(path, "v3.3.2")


AMD64 = {"architecture": "amd64"}
ARM64 = {"architecture": "arm64"}


class TestPlatforms:
    def read(self, source: LayoutSource, *platforms: str) -> list[str]:
        return [str(image.platform) for image in read_images(source, platforms).images]

    def test_all_in_the_order_of_the_index(self, tmp_path: Path) -> None:
        source = index_of(tmp_path, ARM64, AMD64, {"architecture": "arm", "variant": "v7"})
        assert self.read(source) == ["linux/arm64", "linux/amd64", "linux/arm/v7"]

    def test_chosen(self, tmp_path: Path) -> None:
        source = index_of(
            tmp_path,
            AMD64,
            {"architecture": "arm", "variant": "v6"},
            {"architecture": "arm", "variant": "v7"},
            {"architecture": "arm64", "variant": "v8"},
        )
        assert self.read(source, "linux/amd64") == ["linux/amd64"]
        assert self.read(source, "linux/arm64", "linux/amd64") == ["linux/amd64", "linux/arm64/v8"]
        assert self.read(source, "linux/arm") == ["linux/arm/v6", "linux/arm/v7"]
        assert self.read(source, "linux/arm/v7") == ["linux/arm/v7"]
        with pytest.raises(PlatformNotFound) as caught:
            self.read(source, "linux/amd64", "linux/s390x")
        assert "linux/arm/v7" in caught.value.why
        assert "--platform linux/amd64 | linux/arm/v6" in caught.value.advice[0]
        with pytest.raises(PlatformNotFound) as caught:
            self.read(source, "linux/arm/v5")
        assert caught.value.advice == ["--platform linux/arm/v6", "--platform linux/arm/v7"]

    @pytest.mark.parametrize("wanted", ["arm64", "linux/arm64", "linux/arm64/v8", "aarch64"])
    @pytest.mark.parametrize("variant", [{}, {"variant": "v8"}])
    def test_one_meaning(self, tmp_path: Path, wanted: str, variant: dict[str, str]) -> None:
        source = index_of(tmp_path, AMD64, {**ARM64, **variant})
        (found,) = self.read(source, wanted)
        assert found.startswith("linux/arm64")

    def test_what_was_not_asked_for_is_not_dropped(self, tmp_path: Path) -> None:
        layout(tmp_path, Recipe(), Recipe(architecture="arm64"), attestations=True)
        found = read_images(LayoutSource(tmp_path, "v3.3.2"), ["amd64"])
        assert [text.partition(" ")[0] for text in found.excluded] == ["linux/arm64"]
        assert len(found.dropped) == 2

    def test_single_image(self, tmp_path: Path) -> None:
        layout(tmp_path, Recipe(architecture="arm64", variant_of_architecture="v8"))
        source = LayoutSource(tmp_path, "v3.3.2")
        assert self.read(source, "linux/arm64") == ["linux/arm64/v8"]
        with pytest.raises(PlatformNotFound):
            self.read(source, "linux/amd64")

    def test_attestations_are_dropped_and_named(self, tmp_path: Path) -> None:
        layout(tmp_path, Recipe(), Recipe(architecture="arm64"), attestations=True)
        images = read_images(LayoutSource(tmp_path, "v3.3.2"))
        assert [str(image.platform) for image in images.images] == ["linux/amd64", "linux/arm64"]
        assert len(images.dropped) == 2
        assert all(text.startswith("attestation sha256:") for text in images.dropped)

    def test_nothing_but_attestations(self, tmp_path: Path) -> None:
        source = index_of(tmp_path, {"os": "unknown", "architecture": "unknown"})
        with pytest.raises(PlatformNotFound):
            read_images(source)

    @pytest.mark.parametrize(
        ("first", "second"),
        [(AMD64, AMD64), (ARM64, {"architecture": "arm64", "variant": "v8"})],
    )
    def test_two_images_of_one_platform(
        self, tmp_path: Path, first: dict[str, str], second: dict[str, str]
    ) -> None:
        source = index_of(tmp_path, first, second)
        with pytest.raises(UnsupportedImage) as caught:
            read_images(source)
        assert "its index has 2 images for linux/" in caught.value.why
        for line in caught.value.advice[1:]:  # what is to be typed is tried
            with closing(access.open_source(spec.parse(line.split()[0]))) as one:
                assert len(read_images(one).images) == 1

    def test_zstd_twin_is_left_out_and_named(self, tmp_path: Path) -> None:
        """As ``podman push --add-compression zstd`` writes them: every runtime reads the other."""
        store = ImageStore(tmp_path)
        plain, twin = store.image(Recipe()), store.image(Recipe(seed=9, labels={"t": "w"}))
        entries = [
            {**plain, "platform": {"os": "linux", **AMD64}},
            {
                **twin,
                "platform": {"os": "linux", **AMD64},
                "annotations": {"io.github.containers.compression.zstd": "true"},
            },
        ]
        store.tag(store.index(entries[::-1]), "v3.3.2")
        found = read_images(LayoutSource(tmp_path, "v3.3.2"))
        assert [image.descriptor.digest for image in found.images] == [plain["digest"]]
        assert found.dropped == (f"the zstd twin of linux/amd64 {twin['digest']}",)

    def test_helm_chart(self, tmp_path: Path) -> None:
        store = ImageStore(tmp_path)
        image = store.image(Recipe(family="oci"))
        document = store.json(image["digest"])
        digest, size = store.put(b'{"name":"ks-core","version":"1.1.3"}')
        kind = "application/vnd.cncf.helm.config.v1+json"
        document["config"] = {"mediaType": kind, "digest": digest, "size": size}
        digest, size = store.put(json.dumps(document).encode())
        store.tag({**image, "digest": digest, "size": size}, "v1.1.3")
        with pytest.raises(UnsupportedImage) as caught:
            read_images(LayoutSource(tmp_path, "v1.1.3"))
        assert caught.value.why == "it is a Helm chart, and no image"

    def test_partial_export(self, tmp_path: Path) -> None:
        """``ctr images export`` without ``--all-platforms``: what the index names is not there."""
        digest = layout(tmp_path, Recipe(), Recipe(architecture="arm64"))
        store = ImageStore(tmp_path)
        store.blob_path(store.json(digest)["manifests"][1]["digest"]).unlink()
        source = LayoutSource(tmp_path, "v3.3.2")
        with pytest.raises(MalformedImage) as caught:
            read_images(source)
        assert "its index names linux/arm64, which is not here" in caught.value.why
        assert caught.value.advice[0] == "take what is there: --platform linux/amd64"
        assert len(read_images(source, ["linux/amd64"]).images) == 1

    def test_one_image_twice(self, tmp_path: Path) -> None:
        store = ImageStore(tmp_path)
        image = store.image(Recipe())
        again = {**image, "platform": {"os": "linux", "architecture": "arm64"}}
        store.tag(store.index([image, again]), "v3.3.2")
        with pytest.raises(MalformedImage) as caught:
            read_images(LayoutSource(tmp_path, "v3.3.2"))
        assert "twice" in caught.value.why

    def test_nested_index(self, tmp_path: Path) -> None:
        store = ImageStore(tmp_path)
        inner = store.index([store.image(Recipe())])
        store.tag(store.index([{**inner, "platform": {"os": "linux", **AMD64}}]), "v3.3.2")
        with pytest.raises(UnsupportedImage) as caught:
            read_images(LayoutSource(tmp_path, "v3.3.2"))
        assert "index within an index" in caught.value.why

    def test_index_that_is_announced_as_a_manifest(self, tmp_path: Path) -> None:
        store = ImageStore(tmp_path)
        inner = store.index([store.image(Recipe())])
        entry = {**inner, "mediaType": MANIFEST_TYPE["docker"], "platform": {"os": "l", **AMD64}}
        store.tag(store.index([entry]), "v3.3.2")
        with pytest.raises(MalformedImage):
            read_images(LayoutSource(tmp_path, "v3.3.2"))

    @pytest.mark.parametrize(
        "fields", [{"mediaType": "application/vnd.cncf.helm.config.v1+json"}, {"platform": None}]
    )
    def test_descriptors_that_are_no_platform(self, tmp_path: Path, fields: Any) -> None:
        source = index_of(tmp_path, AMD64, **fields)
        with pytest.raises(UnsupportedImage) as caught:
            read_images(source)
        assert "no platform's image" in caught.value.why

    def test_platform_of_a_config_is_a_word(self, tmp_path: Path) -> None:
        layout(tmp_path, Recipe(architecture="amd64\nRUN id"))
        with pytest.raises(MalformedImage) as caught:
            read_images(LayoutSource(tmp_path, "v3.3.2"))
        assert "names no platform" in caught.value.why


class TestConfigs:
    @pytest.fixture
    def spoiled(self, tmp_path: Path) -> Any:
        store = ImageStore(tmp_path)
        layout(tmp_path)

        def spoil(change: Any, size: int | None = None) -> LayoutSource:
            manifest = store.json(LayoutSource(tmp_path, "v3.3.2").top().digest)
            config = store.json(manifest["config"]["digest"])
            digest, actual = store.put(change(config))
            manifest["config"].update(digest=digest, size=actual if size is None else size)
            digest, actual = store.put(json.dumps(manifest).encode())
            entry = {"mediaType": MANIFEST_TYPE["docker"], "digest": digest, "size": actual}
            store.tag(entry, "v3.3.2")
            return LayoutSource(tmp_path, "v3.3.2")

        return spoil

    def test_fewer_diff_ids_than_layers(self, spoiled: Any) -> None:
        def change(config: Any) -> bytes:
            config["rootfs"]["diff_ids"].pop()
            return json.dumps(config).encode()

        with pytest.raises(MalformedImage) as caught:
            read_images(spoiled(change))
        assert "9 layers, but 8 diff IDs" in caught.value.why

    @pytest.mark.parametrize("data", [b"", b"[]", b"\x1f\x8b", b'{"rootfs": 1}'])
    def test_nonsense(self, spoiled: Any, data: bytes) -> None:
        with pytest.raises(MalformedImage):
            read_images(spoiled(lambda config: data))

    def test_announced_size(self, spoiled: Any) -> None:
        with pytest.raises(MalformedImage) as caught:
            read_images(spoiled(lambda config: b"{}", size=1 << 40))
        assert "a config of 1099511627776 bytes" in caught.value.why
