"""The documents of an OCI image layout (image-spec ``image-layout.md``), read and written."""

from __future__ import annotations

from ksimage.errors import MalformedImage
from ksimage.images.digest import DIGEST
from ksimage.images.documents import JsonObject, encode, load_json
from ksimage.images.manifest import (
    MAX_MANIFEST,
    MAX_PLATFORMS,
    Descriptor,
    Index,
    descriptor,
    parse,
)
from ksimage.images.mediatypes import OCI_INDEX

REF_NAME = "org.opencontainers.image.ref.name"
FULL_NAME = "io.containerd.image.name"  # containerd, and docker save since 25
LAYOUT_FILE = "oci-layout"
INDEX_FILE = "index.json"
LAYOUT = encode({"imageLayoutVersion": "1.0.0"})
MAX_MARKER = 4 << 10
MAX_LISTED = 20_000
"""Images in one layout: an image has few platforms, but KubeKey's layouts have hundreds of images.
"""


def named(descriptor: Descriptor, ref: str, full_name: str = "") -> JsonObject:
    """The entry of ``index.json`` for an image: its descriptor under this name alone."""
    annotations = {
        key: value
        for key, value in descriptor.annotations.items()
        if key not in (REF_NAME, FULL_NAME)
    }
    if full_name:
        annotations[FULL_NAME] = full_name
    if ref:
        annotations[REF_NAME] = ref
    entry: JsonObject = {
        "mediaType": descriptor.media_type,
        "digest": descriptor.digest,
        "size": descriptor.size,
    }
    if annotations:
        entry["annotations"] = annotations
    if "platform" in descriptor.raw:
        entry["platform"] = descriptor.raw["platform"]
    return entry


def blob_path(name: str, digest: str) -> str:
    """Where a layout has the blob: ``blobs/sha256/HEX``. Raises MalformedImage: it is no digest."""
    if not DIGEST.fullmatch(digest):
        raise MalformedImage(name, f"{digest[:80]!r} is not a sha256 digest")
    return f"blobs/sha256/{digest.removeprefix('sha256:')}"


def index_of(*entries: JsonObject) -> bytes:
    """An ``index.json`` with these entries."""
    return encode({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(entries)})


def listed(name: str, data: bytes) -> tuple[Descriptor, ...]:
    """The entries of an ``index.json``. Raises MalformedImage."""
    raw = load_json(name, data, MAX_MANIFEST)
    entries = raw.get("manifests")
    many = entries if isinstance(entries, list) and len(entries) > MAX_PLATFORMS else []
    if len(many) > MAX_LISTED:
        raise MalformedImage(name, f"{len(many)} images (at most {MAX_LISTED} are accepted)")
    index = parse(name, encode({**raw, "manifests": []}) if many else data, OCI_INDEX)
    if not isinstance(index, Index):
        raise MalformedImage(name, "it is no index")
    return tuple(descriptor(name, entry) for entry in many) or index.manifests
