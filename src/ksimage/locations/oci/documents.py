"""The documents of an OCI image layout (image-spec ``image-layout.md``), as written here."""

from __future__ import annotations

from ksimage.images.documents import JsonObject, encode
from ksimage.images.manifest import Descriptor
from ksimage.images.mediatypes import OCI_INDEX

REF_NAME = "org.opencontainers.image.ref.name"
FULL_NAME = "io.containerd.image.name"  # containerd, and docker save since 25
LAYOUT_FILE = "oci-layout"
INDEX_FILE = "index.json"
LAYOUT = encode({"imageLayoutVersion": "1.0.0"})
MAX_MARKER = 4 << 10


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


def index_of(*entries: JsonObject) -> bytes:
    """An ``index.json`` with these entries."""
    return encode({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(entries)})
