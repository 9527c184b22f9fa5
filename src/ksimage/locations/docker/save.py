"""Writing ``docker-archive:FILE[:NAME:TAG]``: one image of one platform, as ``docker save`` does.

Written is the form of ``docker save`` since 25, which Docker Engine 20.10 and later, containerd and
skopeo read.
"""

from __future__ import annotations

import json
from pathlib import Path

from ksimage.errors import UnsupportedImage
from ksimage.images import reference
from ksimage.images.manifest import Descriptor, Manifest, parse
from ksimage.locations.docker.archive import DockerArchiveSource
from ksimage.locations.docker.listing import LIST_FILE
from ksimage.locations.oci.archive import FOLDERS, ArchiveFile
from ksimage.locations.oci.blobtar import BlobTar
from ksimage.locations.oci.documents import INDEX_FILE, LAYOUT, LAYOUT_FILE, index_of, named


class DockerArchiveTarget(BlobTar):
    """A destination in a Docker archive.

    Args:
        path: the file to make or replace.
        ref: NAME:TAG inside, or "".
    """

    def __init__(self, path: Path, ref: str = "") -> None:
        self.ref = ref
        self._file = ArchiveFile(path, "docker-archive", LIST_FILE, LIST_FILE)
        name = f"docker-archive:{path}" + (f":{ref}" if ref else "")
        super().__init__(name, path, FOLDERS, self._file.check)

    def platform(self) -> str | None:
        return ""

    def held(self) -> Descriptor | None:
        return self._file.held(DockerArchiveSource(self._file.path, self.ref))

    def tag(self, descriptor: Descriptor, data: bytes) -> None:
        self.put_manifest(descriptor, data)
        self.commit(closing_files(self, self.ref, descriptor, data))


def closing_files(
    blobs: BlobTar, ref: str, descriptor: Descriptor, data: bytes
) -> list[tuple[str, bytes]]:
    """The files that make a Docker archive, and a layout, of the blobs before them.

    Raises:
        UnsupportedImage: an index, or layers that were not put.
    """
    name = blobs.name
    manifest = parse(name, data, descriptor.media_type)
    if not isinstance(manifest, Manifest):
        raise UnsupportedImage(name, "a Docker archive holds one platform, not an index")
    missing = blobs.missing((manifest.config, *manifest.layers))
    if missing:
        raise UnsupportedImage(
            name, f"layers that may not be distributed are missing: {', '.join(missing)}"
        )
    full = reference.parse(ref) if ref else None
    entry = named(descriptor, full.tag or "" if full else "", str(full) if full else "")
    images = [
        {
            "Config": _path(manifest.config),
            "RepoTags": [ref] if ref else None,
            "Layers": [_path(layer) for layer in manifest.layers],
        }
    ]
    return [
        (LIST_FILE, json.dumps(images, separators=(",", ":")).encode()),
        (LAYOUT_FILE, LAYOUT),
        (INDEX_FILE, index_of(entry)),
    ]


def _path(descriptor: Descriptor) -> str:
    return f"blobs/sha256/{descriptor.digest.removeprefix('sha256:')}"
