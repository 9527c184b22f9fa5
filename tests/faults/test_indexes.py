"""What a registry may hold beside plain images, read through the real one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ksimage.base import images as base_images
from ksimage.errors import MalformedImage, UnsupportedImage
from ksimage.hook.find import find_hook
from ksimage.images.reference import parse
from ksimage.locations import transfer
from ksimage.locations.oci.layout import LayoutSource
from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.source import RegistrySource
from ksimage.locations.registry.target import RegistryTarget
from tests.faults.scripted import ScriptedRegistry
from tests.support.images import HOOK, INDEX_TYPE, ImageStore, Recipe
from tests.support.registry import RunningRegistry

Sources = Callable[..., RegistrySource]

SMALL = {"padding": 0, "hook": HOOK}


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "layout")


@pytest.fixture
def pushed(
    store: ImageStore, registry: RunningRegistry, options: RegistryOptions, repository: str
) -> Callable[[dict[str, Any]], RegistrySource]:
    """Pushes an image of the store as it is, and opens it again from the registry."""

    def push(descriptor: dict[str, Any]) -> RegistrySource:
        store.tag(descriptor, "v1")
        reference = parse(f"{registry.address}/{repository}:v1")
        target = RegistryTarget(reference, options)
        transfer.copy(LayoutSource(store.path, "v1"), target)
        return RegistrySource(reference, options)

    return push


def _index(store: ImageStore, *entries: dict[str, Any]) -> dict[str, Any]:
    return store.index(entries)


@pytest.mark.e2e
def test_attestations_are_dropped_and_named(store: ImageStore, pushed: Any) -> None:
    images = [store.image(Recipe(architecture=name)) for name in ("amd64", "arm64")]
    source = pushed(store.index(images, attestations=True))
    found = base_images.read_images(source)
    assert [str(image.platform) for image in found.images] == ["linux/amd64", "linux/arm64"]
    assert [name.partition(" ")[0] for name in found.dropped] == ["attestation", "attestation"]


@pytest.mark.e2e
def test_arm_variants_are_kept(store: ImageStore, pushed: Any) -> None:
    images = [
        store.image(Recipe(architecture="arm", variant_of_architecture=variant))
        for variant in ("v6", "v7")
    ]
    found = base_images.read_images(pushed(_index(store, *images)))
    assert [str(image.platform) for image in found.images] == ["linux/arm/v6", "linux/arm/v7"]
    assert find_hook(pushed(_index(store, *images)), found.images[1]).data == HOOK


@pytest.mark.e2e
def test_duplicate_platforms_are_refused(store: ImageStore, pushed: Any) -> None:
    images = [store.image(Recipe(seed=seed, labels={"n": str(seed)})) for seed in (1, 2)]
    source = pushed(_index(store, *images))
    with pytest.raises(UnsupportedImage) as caught:
        base_images.read_images(source)
    assert "its index has 2 images for linux/amd64" in caught.value.why


def test_the_same_entry_twice_is_refused(
    store: ImageStore, script: ScriptedRegistry, source: Sources
) -> None:
    image = store.image(Recipe())
    document = {"schemaVersion": 2, "mediaType": INDEX_TYPE["docker"], "manifests": [image, image]}
    script.on(
        *("GET", "p/r/manifests/v1", 200, json.dumps(document).encode()),
        Content_Type=INDEX_TYPE["docker"],
    )
    with pytest.raises(MalformedImage) as caught:
        base_images.read_images(source(f"{script.address}/p/r:v1"))
    assert "twice" in caught.value.why


def test_nested_index_is_refused(
    store: ImageStore, script: ScriptedRegistry, source: Sources
) -> None:
    inner = _index(store, store.image(Recipe()))
    outer = _index(store, inner)
    script.on(
        *("GET", "p/r/manifests/v1", 200, store.read(outer["digest"])),
        Content_Type=outer["mediaType"],
    )
    with pytest.raises(UnsupportedImage) as caught:
        base_images.read_images(source(f"{script.address}/p/r:v1"))
    assert "index within an index" in caught.value.why


def test_schema_1_within_an_index_is_refused(
    store: ImageStore, script: ScriptedRegistry, source: Sources
) -> None:
    entry = {
        **store.image(Recipe()),
        "mediaType": "application/vnd.docker.distribution.manifest.v1+prettyjws",
    }
    outer = _index(store, entry)
    script.on(
        *("GET", "p/r/manifests/v1", 200, store.read(outer["digest"])),
        Content_Type=outer["mediaType"],
    )
    with pytest.raises(UnsupportedImage):
        base_images.read_images(source(f"{script.address}/p/r:v1"))


@pytest.mark.e2e
def test_zstd_layers(store: ImageStore, pushed: Any) -> None:
    source = pushed(store.image(Recipe(family="oci", compression="zstd")))
    image = base_images.read_images(source).images[0]
    assert find_hook(source, image).data == HOOK


@pytest.mark.e2e
def test_zstd_layers_without_the_optional_package(
    store: ImageStore, pushed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = pushed(store.image(Recipe(family="oci", compression="zstd")))
    image = base_images.read_images(source).images[0]
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(UnsupportedImage) as caught:
        find_hook(source, image)
    assert "zstd" in caught.value.why + "".join(caught.value.advice)
