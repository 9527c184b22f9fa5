"""Derive manifests and indexes: what a derived image's documents look like, given its base's.

The media-type family is kept: Docker stays Docker, OCI stays OCI, also for the added layer
(registries and containerd refuse or mistreat mixtures).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ksimage.images.digest import sha256
from ksimage.images.documents import JsonObject, encode
from ksimage.images.manifest import Descriptor, Index, Manifest
from ksimage.images.mediatypes import DOCKER_LAYER_GZIP, OCI_LAYER_GZIP
from ksimage.objects import mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.images.layer import Layer


class Document(NamedTuple):
    """A manifest or index and the descriptor that points to it."""

    descriptor: Descriptor
    data: bytes


def derive_manifest(
    base: Manifest,
    config: bytes,
    layer: Layer,
    annotations: Mapping[str, str],
) -> Document:
    """The derived manifest: the base's layers as they are, one more, another config.

    Annotations of the base are not inherited: they make claims about another image. Docker
    manifests have no annotations; the config's labels say the same.
    """
    document: JsonObject = {
        "schemaVersion": 2,
        "mediaType": base.media_type,
        "config": {
            "mediaType": base.config.media_type,
            "size": len(config),
            "digest": sha256(config),
        },
        "layers": [
            *(entry.to_json() for entry in base.layers),
            {
                "mediaType": DOCKER_LAYER_GZIP if base.is_docker else OCI_LAYER_GZIP,
                "size": len(layer.data),
                "digest": layer.digest,
            },
        ],
    }
    return _finish(base.media_type, document, {} if base.is_docker else annotations)


def derive_index(
    base: Index,
    derived: Mapping[str, Descriptor],
    annotations: Mapping[str, str],
) -> Document:
    """The derived index: the entries of ``derived`` (by base digest) in the base's order.

    Entries that are not in ``derived`` are left out; the caller has named them to the user. An
    entry keeps its platform; its annotations spoke of the old digest and go.
    """
    entries: list[JsonObject] = []
    for entry in base.manifests:
        new = derived.get(entry.digest)
        if new is None:
            continue
        raw: JsonObject = {
            "mediaType": new.media_type,
            "size": new.size,
            "digest": new.digest,
        }
        if entry.platform is not None:
            raw["platform"] = mapping(entry.raw, "platform")
        entries.append(raw)
    document: JsonObject = {
        "schemaVersion": 2,
        "mediaType": base.media_type,
        "manifests": entries,
    }
    return _finish(base.media_type, document, {} if base.is_docker else annotations)


def _finish(media_type: str, document: JsonObject, annotations: Mapping[str, str]) -> Document:
    if annotations:
        document["annotations"] = dict(annotations)
    data = encode(document)
    return Document(Descriptor(media_type, sha256(data), len(data)), data)
