"""Layers as tar streams, hashed and compressed while they are written."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
from collections.abc import Iterable
from typing import Any

from tests.support.images.mediatypes import Compression
from tests.support.images.steps import MTIME, Entry


class Hashed:
    """A writer that hashes what passes."""

    def __init__(self, sink: Any, hasher: Any) -> None:
        self._sink, self._hasher, self._count = sink, hasher, 0

    def write(self, data: bytes) -> int:
        self._hasher.update(data)
        self._sink.write(data)
        self._count += len(data)
        return len(data)

    def tell(self) -> int:
        return self._count

    def flush(self) -> None:
        """Nothing is buffered here."""


class _PlainWriter:
    def __init__(self, sink: Hashed) -> None:
        self.write = sink.write

    def close(self) -> None:
        """The sink belongs to the caller."""


def compressor(compression: Compression, sink: Any, level: int) -> Any:
    if compression == "gzip":
        return gzip.GzipFile(filename="", mode="wb", fileobj=sink, mtime=0, compresslevel=level)
    if compression == "zstd":
        import zstandard

        return zstandard.ZstdCompressor(level=1).stream_writer(sink, closefd=False)
    return _PlainWriter(sink)


class _Noise(io.RawIOBase):
    """``size`` bytes: reproducible noise, or zeros when ``size`` is negative."""

    def __init__(self, size: int, seed: int) -> None:
        self._left, self._zeros = abs(size), size < 0
        self._random = random.Random(seed)

    def read(self, size: int = -1) -> bytes:
        count = self._left if size < 0 else min(size, self._left)
        self._left -= count
        return bytes(count) if self._zeros else self._random.randbytes(count)


def write_tar(sink: Any, entries: Iterable[Entry], seed: int) -> None:
    kinds = {
        "file": tarfile.REGTYPE,
        "dir": tarfile.DIRTYPE,
        "symlink": tarfile.SYMTYPE,
        "hardlink": tarfile.LNKTYPE,
        "fifo": tarfile.FIFOTYPE,
    }
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for entry in entries:
            info = tarfile.TarInfo(entry.path)
            info.type, info.mode, info.mtime = kinds[entry.kind], entry.mode, MTIME
            info.uid, info.gid, info.linkname = entry.uid, entry.gid, entry.link
            info.size = abs(entry.padding) or len(entry.data)
            content: Any = io.BytesIO(entry.data)
            if entry.padding:
                content = _Noise(entry.padding, seed)
            archive.addfile(info, content if entry.kind == "file" else None)
