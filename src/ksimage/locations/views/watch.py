"""Sources that are watched while they are read: with progress, or up to a bound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ksimage.locations.views.view import SourceView

if TYPE_CHECKING:
    from ksimage.images.manifest import Descriptor
    from ksimage.locations.protocol import Source


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
