"""Write a gzip file of several members: stored where compressing is in vain, else compressed.

Every reader takes the members as one stream (RFC 1952, 2.2), Go's among them, which kk uses. The
bytes depend on the library that compresses; nothing that has a digest of its own is written so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ksimage.images import compression

if TYPE_CHECKING:
    from zlib import _Compress

    from ksimage.locations.files.staging import Staged

STORED: Final = 0
LEVEL: Final = 6  # as Go's gzip.NewWriter, with which kk exports


class GzipWriter:
    """Append to a staged file.

    Args:
        staged: the file, which stays the caller's.
    """

    def __init__(self, staged: Staged) -> None:
        self._staged = staged
        self._state: _Compress | None = None
        self._stored = False

    def write(self, data: bytes, *, stored: bool) -> None:
        """Append content; ``stored`` says that it is compressed data. Raises CannotWrite."""
        if self._state is None or stored != self._stored:
            self.end()
            level = STORED if stored else LEVEL
            self._state, self._stored = compression.compressor(level), stored
        assert self._state is not None
        self._staged.write([self._state.compress(data)])

    def end(self) -> None:
        """End the member that is open. Raises CannotWrite."""
        if self._state is not None:
            self._staged.write([self._state.flush()])
            self._state = None
