"""``manifest.json`` of a Docker archive: the images in it, whatever form its writer chose.

Written is the form of ``docker save`` since 25, which Docker Engine 20.10 and later, containerd and
skopeo read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from ksimage.errors import BadReference, MalformedImage, UnsupportedImage
from ksimage.images import reference
from ksimage.images.documents import load_json
from ksimage.images.manifest import MAX_LAYERS, MAX_MANIFEST, Descriptor, Manifest, parse
from ksimage.locations.oci.documents import (
    INDEX_FILE,
    LAYOUT,
    LAYOUT_FILE,
    blob_path,
    index_of,
    named,
)

if TYPE_CHECKING:
    from ksimage.locations.oci.blobtar import BlobTar

LIST_FILE = "manifest.json"
MAX_IMAGES = 1000


class ListedImage(NamedTuple):
    """An image in an archive: paths of its config and layers in it, its names as written."""

    config: str
    layers: list[str]
    tags: list[str]


def listed(name: str, data: bytes) -> list[ListedImage]:
    """The images that the document lists. Raises MalformedImage."""
    # The loader wants an object; this document is an array.
    images = load_json(name, b'{"images":' + data + b"}", MAX_MANIFEST + 16)["images"]
    if not isinstance(images, list) or len(images) > MAX_IMAGES:
        raise MalformedImage(name, f"{LIST_FILE} is not a list of images")
    found = []
    for image in images:
        layers = image.get("Layers") if isinstance(image, dict) else None
        if (
            not isinstance(layers, list)
            or len(layers) > MAX_LAYERS
            or not all(isinstance(layer, str) for layer in layers)
            or not isinstance(image.get("Config"), str)
            or not all(isinstance(tag, str) for tag in image.get("RepoTags") or [])
        ):
            raise MalformedImage(name, f"{LIST_FILE} describes no image")
        found.append(ListedImage(image["Config"], layers, list(image.get("RepoTags") or [])))
    return found


def names_of(image: ListedImage) -> list[str]:
    """The image's names as ``docker images`` shows them, whatever form the writer chose."""
    return [name for name in map(_tag, image.tags) if name]


def _tag(text: str) -> str:
    try:
        return reference.docker_name(text)
    except BadReference:
        return ""


def labels_of(image: ListedImage) -> list[str]:
    return names_of(image) or [f"(no name, config {image.config[:80]})"]


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
            "Config": blob_path(name, manifest.config.digest),
            "RepoTags": [ref] if ref else None,
            "Layers": [blob_path(name, layer.digest) for layer in manifest.layers],
        }
    ]
    return [
        (LIST_FILE, json.dumps(images, separators=(",", ":")).encode()),
        (LAYOUT_FILE, LAYOUT),
        (INDEX_FILE, index_of(entry)),
    ]
