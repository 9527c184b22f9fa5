"""kk's artifact (``kk artifact export``): a layout below ``images/`` in a tar.gz of gigabytes.

It is read once, to find out where everything is; then what is asked for is decompressed from a
place near it. Nothing is unpacked, on disk or in memory.
"""

from __future__ import annotations

import logging
import os
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ksimage.errors import CannotRead, ImageNotFound, KubekeyImagesNotFound
from ksimage.locations.files.gzipview import GzipView
from ksimage.locations.files.tarindex import TarIndex, open_file
from ksimage.locations.oci.layout import LayoutReader

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger("ksimage.locations.kubekey")

PREFIX: Final = "images/"
MAGIC: Final = b"\x1f\x8b"


class ArtifactIndex(TarIndex):
    """The members of an artifact, which stays compressed.

    Raises:
        ImageNotFound, CannotRead, MalformedImage.
    """

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(path, name)
        file = open_file(path, name)
        self.view = GzipView(file, name)
        self.identity = _identity(os.fstat(file.fileno()))
        log.info("reading %s once, to find its images", path)
        self._position = 0
        try:
            # the content's size is known at its end alone
            self._members = self._scan(sys.maxsize)
            for _ in self.view.rest(self._position):  # to the checksum at the end
                pass
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.view.close()

    def header_of(self, path: str) -> int:
        """Where the member's first header begins, with the extended ones that belong to it."""
        data = self.members[path].offset
        ends = [0]
        for member in self.members.values():
            end = member.offset + padded(member.size)
            if not member.link and end < data:
                ends.append(end)
        position, first = max(ends), -1
        while position + tarfile.BLOCKSIZE < data:
            info = self._header(position)
            if info.type in (tarfile.XHDTYPE, b"L", b"K"):
                first = position if first < 0 else first
                position += tarfile.BLOCKSIZE + padded(info.size)
            else:
                first = -1
                position += tarfile.BLOCKSIZE
        return position if first < 0 else first

    def _header(self, position: int) -> tarfile.TarInfo:
        block = b"".join(self.view.stream(position, tarfile.BLOCKSIZE))
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")

    def _pread(self, size: int, offset: int) -> bytes:
        self._position = offset
        return self.view.pread(size, offset)

    def _chunks(self, offset: int, left: int) -> Iterator[bytes]:
        return self.view.stream(offset, left)


class ArtifactReader(LayoutReader):
    """The layout in an artifact; read at the first question and kept open."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(name, "", None)
        self.path = path
        self._opened: TarIndex | None = None
        self._guard = threading.Lock()

    def index(self) -> TarIndex:
        """The artifact's members. Raises ImageNotFound, CannotRead, MalformedImage."""
        with self._guard:
            if self._opened is None:
                self._opened = _shared(self.path, self.name)
            return self._opened

    def unchanged(self) -> bool:
        """Whether the file is still the one that was read."""
        index = self.index()
        try:
            now = _identity(self.path.stat())
        except OSError:
            return False
        return not isinstance(index, ArtifactIndex) or index.identity == now

    def close(self) -> None:
        with self._guard:
            if self._opened is not None:
                _release(self._opened)
                self._opened = None

    def _size(self, path: str) -> int | None:
        return self.index().size(PREFIX + path)

    @contextmanager
    def _stream(self, path: str, offset: int) -> Iterator[Iterator[bytes]]:
        with self.index().stream(PREFIX + path, offset) as chunks:
            yield chunks


# An artifact is read by a base's source and by a destination in the same run: once for both.
_indexes: dict[tuple[int, ...], tuple[ArtifactIndex, int]] = {}
_guard = threading.Lock()


def _shared(path: Path, name: str) -> TarIndex:
    try:
        key = _identity(path.stat())
    except FileNotFoundError as error:
        raise ImageNotFound(name, why=f"there is no file {path}") from error
    except OSError as error:
        raise CannotRead(path, error) from error
    with _guard:
        known, users = _indexes.get(key, (None, 0))
        index = known or _open(path, name)
        if isinstance(index, ArtifactIndex):
            _indexes[index.identity] = (index, users + 1)
        return index


def _release(index: TarIndex) -> None:
    if not isinstance(index, ArtifactIndex):
        index.close()
        return
    with _guard:
        _, users = _indexes.pop(index.identity)
        if users > 1:
            _indexes[index.identity] = (index, users - 1)
        else:
            index.close()


def _identity(state: os.stat_result) -> tuple[int, ...]:
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


def _open(path: Path, name: str) -> TarIndex:
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
    except OSError as error:
        raise CannotRead(path, error) from error
    index = ArtifactIndex(path, name) if magic == MAGIC else TarIndex(path, name)
    if f"{PREFIX}index.json" not in index.members:
        folder = any(member.startswith(PREFIX) for member in index.members)
        index.close()
        if folder:
            raise KubekeyImagesNotFound(path, "its images are tars, as kk v2.0 wrote them")
        raise KubekeyImagesNotFound(path, f"it has no {PREFIX}index.json: it is no artifact of kk")
    return index


def padded(size: int) -> int:
    """Bytes that a file of this size takes in a tar archive."""
    return -(-size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
