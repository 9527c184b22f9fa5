"""Folders and artifacts as kk makes them, with upstream-like images."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.images import ImageStore, Recipe
from tests.support.program import MINIATURE_HOOK

REF = "org.opencontainers.image.ref.name"
OTHERS = ("calico:cni:v3.23.2", "kubesphere:ks-console:v3.3.2", "library:haproxy:2.3")
PLATFORMS = ("amd64", "arm64")


def full(name: str) -> str:
    """``calico:cni:v3.23.2`` as kk v3.1.2 and later write it."""
    namespace, image, tag = name.split(":")
    return f"docker.io/{namespace}/{image}:{tag}"


def folder(
    path: Path,
    *,
    installers: Sequence[str] = ("kubesphereio:ks-installer:v3.3.2",),
    others: Sequence[str] = OTHERS,
    platforms: Sequence[str] = PLATFORMS,
    full_names: bool = False,
    recipe: Recipe | None = None,
) -> Path:
    """kk's own folder, ``kubekey``, as it is after an artifact was unpacked into it."""
    store = ImageStore(path / "images")
    base = replace(recipe or Recipe(), family="oci", hook=MINIATURE_HOOK.read_bytes())
    entries = []
    for number, name in enumerate(sorted((*installers, *others))):
        for architecture in platforms:
            made = store.image(replace(base, architecture=architecture, seed=number))
            made.pop("platform")  # containers/image names none
            ref = f"{full(name) if full_names else name}-{architecture}"
            entries.append({**made, "annotations": {REF: ref}})
    document = {"schemaVersion": 2, "manifests": entries}
    text = json.dumps(document, separators=(",", ":"))
    (path / "images" / "index.json").write_text(text)
    (path / "artifact.md5").write_text("d41d8cd98f00b204e9800998ecf8427e")
    (path / "kube" / "v1.22.12").mkdir(parents=True)
    (path / "kube" / "v1.22.12" / "kubelet").write_bytes(b"kubelet" * 5000)
    (path / "cni").mkdir()
    (path / "cni" / "plugins.tgz").write_bytes(b"\x1f\x8b" + bytes(range(256)) * 40)
    return path


def artifact(source: Path, path: Path) -> Path:
    """What ``kk artifact export`` makes of the folder: regular files alone, in the walk's order."""
    with (
        gzip.open(path, "wb", compresslevel=1) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for file in sorted(source.rglob("*"), key=lambda found: found.parts):
            if file.is_file() and file.name != "artifact.md5":
                archive.add(file, str(file.relative_to(source)))
    return path


def contents(path: Path) -> dict[str, bytes]:
    """Every file of an artifact, read by Python's own tar and gzip."""
    data = gzip.decompress(path.read_bytes())
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {info.name: _read(archive, info) for info in archive.getmembers()}


def _read(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(info)
    assert file is not None, f"{info.name} is no file"
    return file.read()


def names(path: Path) -> list[str]:
    """The names in a folder's index, in order."""
    return list(_names(json.loads((path / "images" / "index.json").read_text())))


def _names(index: dict[str, Any]) -> Iterator[str]:
    for entry in index["manifests"]:
        yield entry["annotations"][REF]
