"""Sources made of other sources: a layer on top, one platform, other media types, watched or
bounded. Nothing here reads or writes files.

A *view* is a source seen another way, an *overlay* has content more, a *watch* tells what is read
and may end it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ksimage.errors import UnsupportedImage
from ksimage.images.digest import sha256
from ksimage.images.documents import JsonView, encode
from ksimage.images.manifest import Descriptor, Index, parse
from ksimage.images.mediatypes import (
    DOCKER_CONFIG,
    DOCKER_LAYER_GZIP,
    DOCKER_LAYER_TAR,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER_GZIP,
    OCI_LAYER_TAR,
    OCI_LAYER_ZSTD,
    OCI_MANIFEST,
)
from ksimage.locations.protocol import CHUNK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.locations.protocol import Source


class SourceView:
    """What all views have in common: the source as it is, which closing it closes."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.name = source.name

    def top(self) -> Descriptor:
        return self.source.top()

    def manifest(self, descriptor: Descriptor) -> bytes:
        return self.source.manifest(descriptor)

    def blob(
        self, descriptor: Descriptor, offset: int = 0
    ) -> AbstractContextManager[Iterator[bytes]]:
        return self.source.blob(descriptor, offset)

    def home(self, descriptor: Descriptor) -> Source:
        return self.source.home(descriptor)

    def close(self) -> None:
        self.source.close()


class OnePlatform(SourceView):
    """A source whose name points to one platform's image of its index."""

    def __init__(self, source: Source, chosen: Descriptor) -> None:
        super().__init__(source)
        self._chosen = chosen

    def top(self) -> Descriptor:
        return self._chosen


class Cancelled(Exception):
    """Another blob failed, or Ctrl-C: stop at the next chunk."""


class TooFar(Exception):
    """Reading on would go beyond the bound."""


class Watched(SourceView):
    """A source that reports what is read from it; ``report`` may raise Cancelled."""

    def __init__(self, source: Source, report: Callable[[Descriptor, int], None]) -> None:
        super().__init__(source)
        self._report = report

    @contextmanager
    def blob(self, descriptor: Descriptor, offset: int = 0) -> Iterator[Iterator[bytes]]:
        self._report(descriptor, 0)
        with self.source.blob(descriptor, offset) as chunks:
            yield self._reported(descriptor, chunks)

    def _reported(self, descriptor: Descriptor, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._report(descriptor, len(chunk))
            yield chunk


class Bounded(SourceView):
    """A source that hands out ``left`` bytes of blobs, and raises TooFar before more."""

    def __init__(self, source: Source, left: int) -> None:
        super().__init__(source)
        self.left = left

    @contextmanager
    def blob(self, descriptor: Descriptor, offset: int = 0) -> Iterator[Iterator[bytes]]:
        if descriptor.size > self.left:
            raise TooFar
        self.left -= descriptor.size
        with self.source.blob(descriptor, offset) as chunks:
            yield chunks


class OverlaySource:
    """New content by digest over ``base``: an image to prove and copy before anything is written.

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


EQUIVALENTS: Final = {
    DOCKER_LIST: OCI_INDEX,
    DOCKER_MANIFEST: OCI_MANIFEST,
    DOCKER_CONFIG: OCI_CONFIG,
    DOCKER_LAYER_TAR: OCI_LAYER_TAR,
    DOCKER_LAYER_GZIP: OCI_LAYER_GZIP,
    f"{DOCKER_LAYER_TAR}.zstd": OCI_LAYER_ZSTD,
    "application/vnd.docker.image.rootfs.foreign.diff.tar": (
        "application/vnd.oci.image.layer.nondistributable.v1.tar"
    ),
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip": (
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
    ),
}


class AsOci(SourceView):
    """``source`` with OCI media types, for OCI layouts and archives; an OCI image passes as it is.

    skopeo and KubeKey (containers/image) look for a REF in a layout only among OCI manifests, and
    umoci reads nothing else. Only the media types change, and with them the digests of manifests
    and index: the config, and so the image ID, and the layers stay byte for byte. The
    inner source belongs to whoever opened it.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._documents: dict[str, bytes] = {}
        self._top: Descriptor | None = None
        self._guard = threading.Lock()

    def top(self) -> Descriptor:
        with self._guard:
            if self._top is None:
                self._top = self._converted(self.source.top())
            return self._top

    def manifest(self, descriptor: Descriptor) -> bytes:
        self.top()
        data = self._documents.get(descriptor.digest)
        return self.source.manifest(descriptor) if data is None else data

    def close(self) -> None:
        """Nothing of its own is open."""

    def _converted(self, descriptor: Descriptor) -> Descriptor:
        if descriptor.media_type not in (DOCKER_LIST, DOCKER_MANIFEST):
            return descriptor
        parsed = parse(self.name, self.source.manifest(descriptor), descriptor.media_type)
        document = dict(parsed.raw)
        media_type = EQUIVALENTS[parsed.media_type]
        document["mediaType"] = media_type
        if isinstance(parsed, Index):
            document["manifests"] = [self._converted(entry).to_json() for entry in parsed.manifests]
        else:
            document["config"] = self._renamed(parsed.config)
            document["layers"] = [self._renamed(layer) for layer in parsed.layers]
        data = encode(document)
        digest = sha256(data)
        self._documents[digest] = data
        return replace(descriptor, media_type=media_type, digest=digest, size=len(data))

    def _renamed(self, descriptor: Descriptor) -> JsonView:
        media_type = EQUIVALENTS.get(descriptor.media_type, descriptor.media_type)
        if media_type.startswith("application/vnd.docker."):
            raise UnsupportedImage(self.name, f"OCI knows no equivalent of {media_type}")
        return {**descriptor.to_json(), "mediaType": media_type}
