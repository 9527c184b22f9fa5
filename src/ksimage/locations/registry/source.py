"""An image in a registry, read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ksimage import cache
from ksimage.images.manifest import MAX_CONFIG, Descriptor
from ksimage.images.mediatypes import DOCKER_CONFIG, OCI_CONFIG
from ksimage.locations.protocol import CHUNK
from ksimage.locations.registry.session import session_for

if TYPE_CHECKING:
    from ksimage.images.reference import Reference
    from ksimage.locations.options import RegistryOptions

_CONFIGS = frozenset({DOCKER_CONFIG, OCI_CONFIG})


class RegistrySource:
    """Implements :class:`ksimage.locations.protocol.Source`.

    The reference is looked up once; what :meth:`top` then returns does not change any more.

    Args:
        cached: take manifests and configs that were read before from the cache. Not for judging an
            image: what it names may be gone from the registry meanwhile.
    """

    def __init__(
        self, reference: Reference, options: RegistryOptions | None = None, *, cached: bool = False
    ) -> None:
        self.reference = reference
        self.name = str(reference)
        self._cache = cache.default() if cached else cache.Cache(None)
        self.session = session_for(reference.registry, options)
        self._client = self.session.client(reference.repository)
        self._top: Descriptor | None = None
        self._manifests: dict[str, bytes] = {}

    def top(self) -> Descriptor:
        """The manifest or index that the reference points to; its bytes come in the same request.

        Raises:
            ImageNotFound, RegistryError, AuthError, MalformedImage.
        """
        if self._top is None:
            self._top, data = self._client.get_manifest(self.reference.target)
            self._manifests[self._top.digest] = data
        return self._top

    def manifest(self, descriptor: Descriptor) -> bytes:
        data = self._manifests.get(descriptor.digest)
        if data is None or len(data) != descriptor.size:
            data = self._kept(descriptor) or self._client.manifest_bytes(descriptor)
            self._manifests[descriptor.digest] = data
            self._cache.put(descriptor.digest, data)
        return data

    @contextmanager
    def blob(self, descriptor: Descriptor, offset: int = 0) -> Iterator[Iterator[bytes]]:
        config = descriptor.media_type in _CONFIGS and descriptor.size <= MAX_CONFIG
        data = self._kept(descriptor) if config else None
        if data is None:
            with self._client.blob(descriptor, offset) as chunks:
                if not config or offset:
                    yield chunks
                    return
                data = b"".join(chunks)
            self._cache.put(descriptor.digest, data)
        yield (data[at : at + CHUNK] for at in range(offset, len(data), CHUNK))

    def _kept(self, descriptor: Descriptor) -> bytes | None:
        data = self._cache.get(descriptor.digest)
        return data if data is not None and len(data) == descriptor.size else None

    def home(self, descriptor: Descriptor) -> RegistrySource:  # noqa: ARG002
        return self

    def close(self) -> None:
        """Nothing to do: connections belong to the session, for the next image."""
