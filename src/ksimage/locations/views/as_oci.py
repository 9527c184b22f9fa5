"""A Docker-family image in OCI media types, for OCI layouts and archives.

skopeo and KubeKey (containers/image) look for a REF in a layout only among OCI manifests, and umoci
reads nothing else. Only the media types change, and with them the digests of manifests and index:
the config, and so the image ID, and the layers stay byte for byte.
"""

from __future__ import annotations

import threading
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
from ksimage.locations.views.view import SourceView

if TYPE_CHECKING:
    from ksimage.locations.protocol import Source

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
    """``source`` with OCI media types; an OCI image passes as it is.

    The inner source belongs to whoever opened it.
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
        return Descriptor(
            media_type,
            digest,
            len(data),
            descriptor.platform,
            descriptor.annotations,
            raw=descriptor.raw,
        )

    def _renamed(self, descriptor: Descriptor) -> JsonView:
        media_type = EQUIVALENTS.get(descriptor.media_type, descriptor.media_type)
        if media_type.startswith("application/vnd.docker."):
            raise UnsupportedImage(self.name, f"OCI knows no equivalent of {media_type}")
        return {**descriptor.to_json(), "mediaType": media_type}
