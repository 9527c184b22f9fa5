"""Small images made of bytes, and a source that holds them in memory, for registry tests."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ksimage.images.digest import sha256
from ksimage.images.documents import encode
from ksimage.images.manifest import Descriptor
from ksimage.images.mediatypes import DOCKER_CONFIG, DOCKER_LAYER_GZIP, DOCKER_LIST, DOCKER_MANIFEST
from ksimage.locations.protocol import CHUNK


def noise(size: int, seed: int = 0) -> bytes:
    """Bytes that do not compress, the same for the same arguments."""
    return random.Random(f"{seed}/{size}").randbytes(size)


def layer(data: bytes) -> Descriptor:
    return Descriptor(DOCKER_LAYER_GZIP, sha256(data), len(data))


@dataclass
class MemorySource:
    """Implements Source over blobs in memory; ``blobs`` by digest."""

    name: str = "memory"
    blobs: dict[str, bytes] = field(default_factory=dict)
    index: Descriptor | None = None
    reads: list[tuple[str, int]] = field(default_factory=list)

    def add(self, data: bytes, media_type: str = DOCKER_LAYER_GZIP) -> Descriptor:
        descriptor = Descriptor(media_type, sha256(data), len(data))
        self.blobs[descriptor.digest] = data
        return descriptor

    def add_manifest(self, config: bytes, *layers: bytes) -> Descriptor:
        document: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": DOCKER_MANIFEST,
            "config": self.add(config, DOCKER_CONFIG).to_json(),
            "layers": [self.add(data).to_json() for data in layers],
        }
        return self.add(encode(document), DOCKER_MANIFEST)

    def add_index(self, *manifests: tuple[str, Descriptor]) -> Descriptor:
        document: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": DOCKER_LIST,
            "manifests": [
                {**d.to_json(), "platform": {"os": "linux", "architecture": architecture}}
                for architecture, d in manifests
            ],
        }
        return self.add(encode(document), DOCKER_LIST)

    def top(self) -> Descriptor:
        assert self.index is not None
        return self.index

    def manifest(self, descriptor: Descriptor) -> bytes:
        return self.blobs[descriptor.digest]

    @contextmanager
    def blob(self, descriptor: Descriptor, offset: int = 0) -> Iterator[Iterator[bytes]]:
        self.reads.append((descriptor.digest, offset))
        data = memoryview(self.blobs[descriptor.digest])[offset:]
        yield (bytes(data[i : i + CHUNK]) for i in range(0, len(data), CHUNK))

    def home(self, descriptor: Descriptor) -> MemorySource:
        return self

    def close(self) -> None:
        pass
