"""What somebody may have made of a build of ours, or passes for one: images in a layout."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.images import HOOK, Entry, ImageStore, Recipe, Step

CHANGES = ("layer", "environment", "foreign platform", "labels alone")


def changed(path: Path, ref: str, new: str, change: str) -> str:
    """Change the index at ``ref`` of a layout and name the result ``new``; its digest."""
    store = ImageStore(path)
    entries = json.loads((path / "index.json").read_text())["manifests"]
    name = "org.opencontainers.image.ref.name"
    (top,) = (e for e in entries if e["annotations"][name] == ref)
    index = store.json(top["digest"])
    images = list(index["manifests"])
    if change == "foreign platform":
        images[-1] = store.image(Recipe(architecture="arm64", family="oci"))
    elif change == "labels alone":
        sha = hashlib.sha256(HOOK).hexdigest()
        labels = {"hook.after": sha, "hook.before": "f" * 64, "version": "0.1.0"}
        forged = {f"io.ksimage.{key}": value for key, value in labels.items()}
        images = [
            store.image(Recipe(architecture=name, labels=forged, family="oci"))
            for name in ("amd64", "arm64")
        ]
    else:
        images = [_edited(store, image, _EDITS[change]) for image in images]
    return store.tag(store.index(images, family="oci"), new)


def _edited(
    store: ImageStore, entry: dict[str, Any], edit: Callable[[ImageStore, Any, Any], None]
) -> dict[str, Any]:
    manifest = store.json(entry["digest"])
    config = store.json(manifest["config"]["digest"])
    edit(store, manifest, config)
    digest, size = store.put(json.dumps(config).encode())
    manifest["config"] |= {"digest": digest, "size": size}
    digest, size = store.put(json.dumps(manifest).encode())
    return {**entry, "digest": digest, "size": size}


def _layer(store: ImageStore, manifest: Any, config: Any) -> None:
    """``FROM …-debug`` and a RUN."""
    text = "RUN /bin/sh -c update-ca-certificates # buildkit"
    blob = store.layer(Step(text, (Entry("etc/mine", b"x"),)), Recipe(family="oci"))
    manifest["layers"].append(blob.descriptor())
    config["rootfs"]["diff_ids"].append(blob.diff_id)
    config["history"].append({"created_by": text})


def _environment(_: ImageStore, __: Any, config: Any) -> None:
    """``FROM …-debug`` and an ENV: no layer at all."""
    config["config"]["Env"].append("MINE=1")
    config["history"].append({"created_by": "ENV MINE=1", "empty_layer": True})


_EDITS = {"layer": _layer, "environment": _environment}
