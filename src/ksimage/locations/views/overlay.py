"""A derived image as a Source: a few new documents and one layer on top of its base's source.

So a derived image can be proven, copied and inspected before anything is written anywhere.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ksimage.locations.protocol import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ksimage.images.manifest import Descriptor
    from ksimage.locations.protocol import Source


class OverlaySource:
    """New content by digest over ``base``.

    Args:
        name: what to call the image in messages.
        base: holds every blob and manifest that is not new.
        top: the derived manifest or index.
        documents: new manifests and indexes, by digest.
        blobs: new configs and layers (kilobytes), by digest.
    """

    def __init__(
        self,
        name: str,
        base: Source,
        top: Descriptor,
        documents: Mapping[str, bytes],
        blobs: Mapping[str, bytes],
    ) -> None:
        self.name = name
        self._base = base
        self._top = top
        self._documents = documents
        self._blobs = blobs

    def top(self) -> Descriptor:
        return self._top

    def manifest(self, descriptor: Descriptor) -> bytes:
        data = self._documents.get(descriptor.digest)
        return self._base.manifest(descriptor) if data is None else data

    @contextmanager
    def blob(self, descriptor: Descriptor, offset: int = 0) -> Iterator[Iterator[bytes]]:
        data = self._blobs.get(descriptor.digest)
        if data is None:
            with self._base.blob(descriptor, offset) as chunks:
                yield chunks
        else:
            yield (data[at : at + CHUNK] for at in range(offset, len(data), CHUNK))

    def home(self, descriptor: Descriptor) -> Source:
        if descriptor.digest in self._blobs or descriptor.digest in self._documents:
            return self
        return self._base.home(descriptor)

    def close(self) -> None:
        """The base belongs to whoever opened it."""
