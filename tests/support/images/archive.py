"""What ``docker save`` and skopeo write."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from tests.support.images.mediatypes import CONFIG_TYPE, INDEX_TYPE, LAYER_TYPE, MANIFEST_TYPE
from tests.support.images.steps import MTIME
from tests.support.images.store import ImageStore


def docker_archive(
    store: ImageStore,
    digest: str,
    path: Path,
    *,
    names: Iterable[str] = ("kubesphere/ks-installer:v3.3.2",),
    form: Literal["save-24", "save-25", "skopeo"] = "save-24",
) -> str:
    """What ``docker save`` (before 25, or since) or skopeo writes; the image ID.

    ``digest`` is that of one platform's manifest. Layers are stored uncompressed, as those do.
    """
    manifest = store.json(digest)
    config = store.read(manifest["config"]["digest"])
    image_id = str(manifest["config"]["digest"])
    hexadecimal = image_id.removeprefix("sha256:")
    diff_ids = [text.removeprefix("sha256:") for text in json.loads(config)["rootfs"]["diff_ids"]]
    layers: list[str] = []
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        stored: dict[str, str] = {}
        for number, (layer, diff_id) in enumerate(zip(manifest["layers"], diff_ids, strict=True)):
            directory_name = hashlib.sha256(f"{number}{diff_id}".encode()).hexdigest()
            name = {
                "save-24": f"{directory_name}/layer.tar",
                "save-25": f"blobs/sha256/{diff_id}",
                "skopeo": f"{diff_id}.tar",
            }[form]
            layers.append(name)
            if form == "save-24":
                _add(archive, f"{directory_name}/VERSION", b"1.0")
                _add(archive, f"{directory_name}/json", b'{"id":"x"}')
            if diff_id in stored:
                if form == "save-24":
                    info = tarfile.TarInfo(name)
                    info.type, info.linkname = tarfile.SYMTYPE, f"../{stored[diff_id]}"
                    archive.addfile(info)
                continue
            stored[diff_id] = name
            _add(archive, name, _plain(store.read(layer["digest"])))
        config_name = f"blobs/sha256/{hexadecimal}" if form == "save-25" else f"{hexadecimal}.json"
        _add(archive, config_name, config)
        image = {"Config": config_name, "RepoTags": list(names), "Layers": layers}
        _add(archive, "manifest.json", json.dumps([image]).encode() + b"\n")
        if form == "save-25":
            _add_layout(archive, config, diff_ids, list(names))
    return image_id


def _add_layout(
    archive: tarfile.TarFile, config: bytes, diff_ids: list[str], names: list[str]
) -> None:
    sizes = {member.name: member.size for member in archive.getmembers()}
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE["oci"],
            "config": {
                "mediaType": CONFIG_TYPE["oci"],
                "digest": f"sha256:{hashlib.sha256(config).hexdigest()}",
                "size": len(config),
            },
            "layers": [
                {
                    "mediaType": LAYER_TYPE["oci", "none"],
                    "digest": f"sha256:{diff_id}",
                    "size": sizes[f"blobs/sha256/{diff_id}"],
                }
                for diff_id in diff_ids
            ],
        }
    ).encode()
    digest = hashlib.sha256(manifest).hexdigest()
    _add(archive, f"blobs/sha256/{digest}", manifest)
    entries = [
        {
            "mediaType": MANIFEST_TYPE["oci"],
            "digest": f"sha256:{digest}",
            "size": len(manifest),
            "annotations": {
                "io.containerd.image.name": f"docker.io/{name}",
                "org.opencontainers.image.ref.name": name.rpartition(":")[2],
            },
        }
        for name in names
    ]
    document = {"schemaVersion": 2, "mediaType": INDEX_TYPE["oci"], "manifests": entries}
    _add(archive, "index.json", json.dumps(document).encode())
    _add(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(data), MTIME
    archive.addfile(info, io.BytesIO(data))


def _plain(data: bytes) -> bytes:
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        import zstandard

        with zstandard.ZstdDecompressor().stream_reader(data) as reader:
            return bytes(reader.read())
    return data
