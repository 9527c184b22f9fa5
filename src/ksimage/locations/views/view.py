"""What all views have in common: they are the source they look at, but for what they change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ksimage.images.manifest import Descriptor
    from ksimage.locations.protocol import Source


class SourceView:
    """A source as it is. Closing it closes the source."""

    def __init__(self, source: Source) -> None:
        self.source = source

    @property
    def name(self) -> str:
        return self.source.name

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
