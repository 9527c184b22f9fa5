"""Derived manifests and indexes, compared with what the base's were."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ksimage.images.derive import Document, derive_index, derive_manifest
from ksimage.images.digest import sha256
from ksimage.images.layer import LayerFile, write_layer
from ksimage.images.manifest import Descriptor, Index, Manifest, parse
from ksimage.images.mediatypes import (
    DOCKER_CONFIG,
    DOCKER_LAYER_GZIP,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER_GZIP,
    OCI_LAYER_ZSTD,
    OCI_MANIFEST,
)
from ksimage.objects import items

LAYER = write_layer(LayerFile("a", b"x", 0o755, 0, 0, 0))
FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"


def digest(letter: str) -> str:
    return "sha256:" + letter * 64


def base_manifest(kind: str, config: str, *layers: str) -> Manifest:
    document = {
        "schemaVersion": 2,
        "mediaType": kind,
        "config": {"mediaType": config, "digest": digest("c"), "size": 7},
        "layers": [
            {"mediaType": layer, "digest": digest(str(n)), "size": n, "urls": ["https://x"]}
            for n, layer in enumerate(layers)
        ],
        "annotations": {"org.opencontainers.image.source": "of the base"},
    }
    found = parse("base", json.dumps(document).encode())
    assert isinstance(found, Manifest)
    return found


def derived(base: Manifest) -> tuple[Document, dict[str, Any]]:
    document = derive_manifest(base, b"{}", LAYER, {"k": "v"})
    assert document.descriptor.digest == sha256(document.data)
    assert document.descriptor.size == len(document.data)
    content: dict[str, Any] = json.loads(document.data)
    assert content["mediaType"] == document.descriptor.media_type
    parse("derived", document.data)
    return document, content


def test_docker_stays_docker() -> None:
    base = base_manifest(DOCKER_MANIFEST, DOCKER_CONFIG, DOCKER_LAYER_GZIP, FOREIGN)
    _, content = derived(base)
    assert content == {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": {"mediaType": DOCKER_CONFIG, "size": 2, "digest": sha256(b"{}")},
        "layers": [
            *items(base.raw, "layers"),
            {"mediaType": DOCKER_LAYER_GZIP, "size": len(LAYER.data), "digest": LAYER.digest},
        ],
    }


def test_oci_stays_oci_and_says_what_it_is() -> None:
    base = base_manifest(OCI_MANIFEST, OCI_CONFIG, OCI_LAYER_GZIP, OCI_LAYER_ZSTD)
    _, content = derived(base)
    kinds = [layer["mediaType"] for layer in content["layers"]]
    assert kinds == [OCI_LAYER_GZIP, OCI_LAYER_ZSTD, OCI_LAYER_GZIP]
    assert content["annotations"] == {"k": "v"}
    assert content["layers"][:-1] == base.raw["layers"]


def base_index(kind: str) -> Index:
    entry = {"mediaType": OCI_MANIFEST, "size": 5, "annotations": {"of": "the old digest"}}
    platforms = [("amd64", ""), ("arm64", "v8"), ("arm", "v7"), ("s390x", "")]
    document = {
        "schemaVersion": 2,
        "mediaType": kind,
        "manifests": [
            {
                **entry,
                "digest": digest(str(n)),
                "platform": {
                    "os": "linux",
                    "architecture": architecture,
                    **({"variant": variant} if variant else {}),
                    "os.features": ["x"],
                },
            }
            for n, (architecture, variant) in enumerate(platforms)
        ],
        "annotations": {"org.opencontainers.image.source": "of the base"},
    }
    found = parse("base", json.dumps(document).encode())
    assert isinstance(found, Index)
    return found


NEW = {digest(n): Descriptor(OCI_MANIFEST, digest(new), 9) for n, new in (("2", "b"), ("0", "a"))}


@pytest.mark.parametrize("kind", [DOCKER_LIST, OCI_INDEX])
def test_index(kind: str) -> None:
    document = derive_index(base_index(kind), NEW, {"k": "v"})
    content = json.loads(document.data)
    assert content["mediaType"] == document.descriptor.media_type == kind
    assert [entry["digest"] for entry in content["manifests"]] == [digest("a"), digest("b")]
    assert content["manifests"][1] == {
        "mediaType": OCI_MANIFEST,
        "size": 9,
        "digest": digest("b"),
        "platform": {
            "os": "linux", "architecture": "arm", "variant": "v7", "os.features": ["x"],
        },
    }  # fmt: skip
    assert content.get("annotations") == ({"k": "v"} if kind == OCI_INDEX else None)
    assert document.descriptor.digest == sha256(document.data)


def test_same_input_same_bytes() -> None:
    base = base_manifest(OCI_MANIFEST, OCI_CONFIG, OCI_LAYER_GZIP)
    assert derived(base)[0] == derived(base)[0]
