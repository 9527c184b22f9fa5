"""An OCI layout on disk, written here on its own: the product is never tested against itself."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.support.images.dockerfiles import hook_layer
from tests.support.images.mediatypes import (
    CONFIG_TYPE,
    INDEX_TYPE,
    LAYER_TYPE,
    MANIFEST_TYPE,
    Family,
)
from tests.support.images.recipe import Recipe
from tests.support.images.steps import CREATED, Step
from tests.support.images.tar import Hashed, compressor, write_tar


@dataclass(frozen=True)
class LayerBlob:
    """A stored layer."""

    digest: str
    size: int
    diff_id: str
    media_type: str

    def descriptor(self) -> dict[str, Any]:
        return {"mediaType": self.media_type, "size": self.size, "digest": self.digest}


class ImageStore:
    """An OCI image layout in the making."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.blobs = path / "blobs" / "sha256"
        self.blobs.mkdir(parents=True, exist_ok=True)
        (path / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        if not (path / "index.json").exists():
            self._write_index([])

    def put(self, data: bytes) -> tuple[str, int]:
        """Store a small blob; its digest and size."""
        digest = hashlib.sha256(data).hexdigest()
        (self.blobs / digest).write_bytes(data)
        return f"sha256:{digest}", len(data)

    def blob_path(self, digest: str) -> Path:
        return self.blobs / digest.removeprefix("sha256:")

    def read(self, digest: str) -> bytes:
        return self.blob_path(digest).read_bytes()

    def json(self, digest: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.read(digest))
        return document

    def image(self, recipe: Recipe) -> dict[str, Any]:
        """Build one platform's image; its descriptor, without a name."""
        layers, history = [], []
        for step in recipe.steps():
            record: dict[str, Any] = {"created": CREATED, "created_by": step.created_by}
            if step.comment:
                record["comment"] = step.comment
            if step.empty:
                record["empty_layer"] = True
            else:
                layers.append(self.layer(step, recipe))
            history.append(record)
        if recipe.variant == "truncated":
            layers[hook_layer(recipe)] = self._truncated(layers[hook_layer(recipe)])
        diff_ids = [layer.diff_id for layer in layers]
        if recipe.variant == "wrong-diff-ids":
            diff_ids[hook_layer(recipe)] = "sha256:" + "ab" * 32
        config = {
            "architecture": recipe.architecture,
            "os": "linux",
            "config": recipe.config(),
            "created": CREATED,
            "history": history,
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        }
        if recipe.variant_of_architecture:
            config["variant"] = recipe.variant_of_architecture
        digest, size = self.put(json.dumps(config).encode())
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE[recipe.family],
            "config": {"mediaType": CONFIG_TYPE[recipe.family], "size": size, "digest": digest},
            "layers": [layer.descriptor() for layer in layers],
        }
        # Registries hold manifests as they were pushed: upstream's builder indents by three.
        digest, size = self.put(json.dumps(manifest, indent=3).encode())
        platform = {"architecture": recipe.architecture, "os": "linux"}
        if recipe.variant_of_architecture:
            platform["variant"] = recipe.variant_of_architecture
        return {
            "mediaType": MANIFEST_TYPE[recipe.family],
            "size": size,
            "digest": digest,
            "platform": platform,
        }

    def index(
        self,
        images: Iterable[dict[str, Any]],
        *,
        family: Family = "docker",
        attestations: bool = False,
    ) -> dict[str, Any]:
        """An index of images; with BuildKit's attestations of them when asked."""
        entries = list(images)
        if attestations:
            entries += [self._attestation(entry) for entry in entries]
        document = {"schemaVersion": 2, "mediaType": INDEX_TYPE[family], "manifests": entries}
        digest, size = self.put(json.dumps(document, indent=3).encode())
        return {"mediaType": INDEX_TYPE[family], "size": size, "digest": digest}

    def tag(self, descriptor: dict[str, Any], ref: str = "") -> str:
        """Name an image in ``index.json``; its digest."""
        entry = {key: descriptor[key] for key in ("mediaType", "size", "digest")}
        if ref:
            entry["annotations"] = {"org.opencontainers.image.ref.name": ref}
        entries = json.loads((self.path / "index.json").read_text())["manifests"]
        kept = [
            old
            for old in entries
            if old.get("annotations", {}).get("org.opencontainers.image.ref.name", "") != ref
        ]
        self._write_index([*kept, entry])
        return str(descriptor["digest"])

    def layer(self, step: Step, recipe: Recipe) -> LayerBlob:
        """Store a step's layer, streaming."""
        staging = self.path / "layer.partial"
        diff, blob = hashlib.sha256(), hashlib.sha256()
        with staging.open("wb") as file:
            level = 9 if recipe.variant == "bomb" else 1
            squeezed = compressor(recipe.compression, Hashed(file, blob), level)
            sink = Hashed(squeezed, diff)
            if step.tar is not None:
                with step.tar.open("rb") as source:
                    while chunk := source.read(1 << 20):
                        sink.write(chunk)
            else:
                write_tar(sink, step.entries or (), recipe.seed)
            squeezed.close()
        digest = blob.hexdigest()
        size = staging.stat().st_size
        staging.replace(self.blobs / digest)
        media_type = LAYER_TYPE[recipe.family, recipe.compression]
        return LayerBlob(f"sha256:{digest}", size, f"sha256:{diff.hexdigest()}", media_type)

    def corrupt(self, digest: str, *, position: int = -20) -> None:
        """Flip one bit of a blob; its size stays."""
        path = self.blob_path(digest)
        data = bytearray(path.read_bytes())
        data[position] ^= 1
        path.write_bytes(data)

    def _truncated(self, layer: LayerBlob) -> LayerBlob:
        data = self.read(layer.digest)
        digest, size = self.put(data[: len(data) // 2])
        return replace(layer, digest=digest, size=size)

    def _attestation(self, entry: dict[str, Any]) -> dict[str, Any]:
        statement = {"_type": "https://in-toto.io/Statement/v0.1", "subject": []}
        layer_digest, layer_size = self.put(json.dumps(statement).encode())
        config = {"architecture": "unknown", "os": "unknown", "config": {}}
        config_digest, config_size = self.put(json.dumps(config).encode())
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE["oci"],
            "config": {
                "mediaType": CONFIG_TYPE["oci"],
                "digest": config_digest,
                "size": config_size,
            },
            "layers": [
                {
                    "mediaType": "application/vnd.in-toto+json",
                    "digest": layer_digest,
                    "size": layer_size,
                }
            ],
        }
        digest, size = self.put(json.dumps(manifest).encode())
        return {
            "mediaType": MANIFEST_TYPE["oci"],
            "digest": digest,
            "size": size,
            "annotations": {
                "vnd.docker.reference.type": "attestation-manifest",
                "vnd.docker.reference.digest": entry["digest"],
            },
            "platform": {"architecture": "unknown", "os": "unknown"},
        }

    def _write_index(self, entries: list[dict[str, Any]]) -> None:
        document = {"schemaVersion": 2, "manifests": entries}
        (self.path / "index.json").write_text(json.dumps(document))


def layout(path: Path, *recipes: Recipe, ref: str = "v3.3.2", attestations: bool = False) -> str:
    """An OCI layout at ``path`` with one image, or an index of several; the top digest."""
    store = ImageStore(path)
    images = [store.image(recipe) for recipe in recipes or (Recipe(),)]
    if len(images) == 1 and not attestations:
        return store.tag(images[0], ref)
    family = recipes[0].family if recipes else "docker"
    return store.tag(store.index(images, family=family, attestations=attestations), ref)


def blobs_of(path: Path) -> Iterator[Path]:
    """All blob files of a layout, sorted."""
    yield from sorted(Path(entry.path) for entry in os.scandir(path / "blobs" / "sha256"))
