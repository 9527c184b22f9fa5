"""An image in a registry, read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager

from ksimage.images.manifest import Descriptor
from ksimage.images.reference import Reference
from ksimage.locations.registry.connection import Stats
from ksimage.locations.registry.hosts import RegistryOptions
from ksimage.locations.registry.session import session_for


class RegistrySource:
    """Implements :class:`ksimage.locations.protocol.Source`.

    The reference is looked up once; what :meth:`top` then returns does not change any more.
    """

    def __init__(self, reference: Reference, options: RegistryOptions | None = None) -> None:
        self.reference = reference
        self.session = session_for(reference.registry, options or RegistryOptions())
        self._client = self.session.client(reference.repository)
        self._top: Descriptor | None = None
        self._manifests: dict[str, bytes] = {}

    @property
    def name(self) -> str:
        """The reference as a user would type it."""
        return str(self.reference)

    @property
    def stats(self) -> Stats:
        """Requests and bytes of the whole session with this registry."""
        return self.session.transport.stats

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
        """A manifest's or index's bytes, verified; read once."""
        data = self._manifests.get(descriptor.digest)
        if data is None or len(data) != descriptor.size:
            data = self._client.manifest_bytes(descriptor)
            self._manifests[descriptor.digest] = data
        return data

    def blob(
        self, descriptor: Descriptor, offset: int = 0
    ) -> AbstractContextManager[Iterator[bytes]]:
        """Stream a blob; see the protocol."""
        return self._client.blob(descriptor, offset)

    def home(self, descriptor: Descriptor) -> RegistrySource:  # noqa: ARG002
        """Itself."""
        return self

    def close(self) -> None:
        """Nothing to do: connections belong to the session, for the next image."""
