"""Random access to the members of a tar file that nobody vouches for.

Headers are scanned once; after that a member is an offset and a size. Nothing is unpacked, so names
that climb out of the archive are merely never looked up. A gzip'd archive (``docker save | gzip``)
is spooled uncompressed into a temporary file first, because gzip cannot be entered in the middle.
"""

from __future__ import annotations

import os
import posixpath
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ksimage.errors import CannotRead, CannotWrite, ImageNotFound, MalformedImage
from ksimage.images import inflate
from ksimage.locations.files import staging
from ksimage.locations.protocol import CHUNK

MAX_MEMBERS = 50_000
MAX_EXTENDED = 1 << 20  # a pax or GNU long-name header
MAX_SPOOL = 64 << 30
MAX_LINKS = 8
_CHECK_EVERY = 64 << 20  # bytes between two looks at the free space
_COMPRESSED = {
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\0": "xz",
    b"BZh": "bzip2",
}
_BLOCK = tarfile.BLOCKSIZE


@dataclass(frozen=True)
class Member:
    """One entry. ``link`` is the resolved path of what it links to, for links only."""

    offset: int
    size: int
    link: str = ""


class TarIndex:
    """The regular files and links of a tar file, by normalised path.

    Args:
        path: a plain or gzip'd tar file; or one that is open already, and is closed with this.
        name: the location as a user would type it.

    Raises:
        ImageNotFound: no such file. CannotRead.
        MalformedImage: no tar, truncated, or beyond a bound.
    """

    def __init__(self, path: Path | BinaryIO, name: str) -> None:
        self._name = name
        self._file = _open(path, name) if isinstance(path, Path) else path
        try:
            magic = self._pread(6, 0)
            if magic.startswith(b"\x1f\x8b"):
                with self._file as compressed:
                    self._file = _spool(name, compressed)
            for prefix, tool in _COMPRESSED.items():
                if magic.startswith(prefix):
                    raise MalformedImage(
                        name,
                        f"the archive is compressed with {tool}",
                        advice=[f"{tool} -d < {path} > image.tar"],
                    )
            self._end = os.fstat(self._file.fileno()).st_size
            self.members = self._scan()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file, and remove the temporary one. May be called twice."""
        self._file.close()

    def size(self, path: str) -> int | None:
        """Bytes of the regular file at ``path``, links followed; None when there is none."""
        member = self._find(path)
        return member.size if member else None

    @contextmanager
    def stream(self, path: str, offset: int = 0) -> Iterator[Iterator[bytes]]:
        """The file's bytes from ``offset``, in chunks. Raises MalformedImage when missing."""
        member = self._find(path)
        if member is None:
            raise MalformedImage(self._name, f"the archive has no {path}")
        yield self._chunks(member.offset + offset, member.size - offset)

    def read(self, path: str, limit: int) -> bytes | None:
        """A whole small file, or None. Raises MalformedImage when it exceeds ``limit``."""
        size = self.size(path)
        if size is None:
            return None
        if size > limit:
            raise MalformedImage(
                self._name, f"{path} has {size} bytes (at most {limit} are accepted)"
            )
        with self.stream(path) as chunks:
            return b"".join(chunks)

    def _find(self, path: str) -> Member | None:
        for _ in range(MAX_LINKS):
            member = self.members.get(path)
            if member is None or not member.link:
                return member
            path = member.link
        raise MalformedImage(self._name, f"{path[:200]} is a link to a link to a link…")

    def _pread(self, size: int, offset: int) -> bytes:
        # pread: threads read different members of one open file at once.
        try:
            return os.pread(self._file.fileno(), size, offset)
        except OSError as error:
            raise CannotRead(self._name, error) from error

    def _chunks(self, offset: int, left: int) -> Iterator[bytes]:
        while left > 0:
            chunk = self._pread(min(left, CHUNK), offset)
            if not chunk:
                raise MalformedImage(self._name, "the archive ends in the middle of a file")
            left -= len(chunk)
            offset += len(chunk)
            yield chunk

    def _scan(self) -> dict[str, Member]:
        members: dict[str, Member] = {}
        extended: dict[str, str] = {}
        count = position = 0
        while True:
            block = self._pread(_BLOCK, position)
            if not block.strip(b"\0"):
                if position == 0:
                    raise MalformedImage(self._name, "it is not a tar archive")
                return members  # two zero blocks, one, or the plain end of the file
            try:
                info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            except tarfile.TarError as error:
                reason = "it is not a tar archive" if position == 0 else f"a header: {error}"
                raise MalformedImage(self._name, reason) from error
            count += 1
            if count > MAX_MEMBERS:
                raise MalformedImage(self._name, f"more than {MAX_MEMBERS} members")
            start = position + _BLOCK
            if info.type in (tarfile.XHDTYPE, tarfile.XGLTYPE, b"L", b"K"):
                data = self._extended(info, start)
                if info.type != tarfile.XGLTYPE:
                    extended.update(_fields(info.type, data))
                position = start + _padded(info.size)
                continue
            size = _size(extended.get("size"), info)
            if size < 0:
                raise MalformedImage(self._name, "a member has a negative size")
            position = start
            # Links, folders and devices have no data, whatever their header claims.
            if info.type not in (b"1", b"2", b"3", b"4", b"5", b"6"):
                position += _padded(size)
                if start + size > self._end:
                    raise MalformedImage(
                        self._name, "the archive is truncated", advice=["copy it again"]
                    )
            path = _normal(extended.get("path", info.name))
            link = extended.get("linkpath", info.linkname)
            extended = {}
            if path is None:
                continue
            if info.type == tarfile.SYMTYPE:
                target = _normal(posixpath.join(posixpath.dirname(path), link))
                if target is not None:
                    members[path] = Member(0, 0, target)
            elif info.type == tarfile.LNKTYPE:
                target = _normal(link)
                if target is not None:
                    members[path] = Member(0, 0, target)
            elif info.type in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE):
                members[path] = Member(start, size)

    def _extended(self, info: tarfile.TarInfo, start: int) -> bytes:
        if not 0 <= info.size <= MAX_EXTENDED:
            raise MalformedImage(self._name, f"an extended header of {info.size} bytes")
        data = self._pread(info.size, start)
        if len(data) < info.size:
            raise MalformedImage(self._name, "the archive is truncated", advice=["copy it again"])
        return data


def _open(path: Path, name: str) -> BinaryIO:
    if path.exists() and not path.is_file():
        raise ImageNotFound(name, why=f"{path} is not a file")
    try:
        return path.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise ImageNotFound(name, why=f"there is no file {path}") from error
    except OSError as error:
        raise CannotRead(path, error) from error


def _fields(kind: bytes, data: bytes) -> dict[str, str]:
    if kind in (b"L", b"K"):
        text = data.rstrip(b"\0").decode("utf-8", "surrogateescape")
        return {"path" if kind == b"L" else "linkpath": text}
    fields: dict[str, str] = {}
    while data:
        length, space, _ = data.partition(b" ")
        if not space or not length.isdigit() or not len(length) < int(length) <= len(data):
            break  # a damaged pax record: the plain header stays in force
        record = data[len(length) + 1 : int(length) - 1]
        key, _, value = record.partition(b"=")
        fields[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        data = data[int(length) :]
    return fields


def _size(text: str | None, info: tarfile.TarInfo) -> int:
    return int(text) if text is not None and text.isdigit() and len(text) < 20 else info.size


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _normal(path: str) -> str | None:
    """``./a//b`` -> ``a/b``; None for what climbs out or is absolute."""
    normal = posixpath.normpath(path)
    if normal.startswith(("/", "../")) or normal in (".", ".."):
        return None
    return normal


def _spool(name: str, file: BinaryIO) -> BinaryIO:
    directory = Path(tempfile.gettempdir())
    spool = tempfile.TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115 (TarIndex closes it)
    written = 0
    try:
        for data in _inflate(file):
            if written // _CHECK_EVERY != (written + len(data)) // _CHECK_EVERY:
                staging.require_space(directory, _CHECK_EVERY)
            written += len(data)
            if written > MAX_SPOOL:
                raise MalformedImage(name, f"more than {MAX_SPOOL >> 30} GiB uncompressed")
            spool.write(data)
    except (inflate.DAMAGED, EOFError) as error:
        spool.close()
        raise MalformedImage(name, f"damaged gzip data: {error}") from error
    except OSError as error:
        spool.close()
        raise CannotWrite(directory, error) from error
    except BaseException:
        spool.close()
        raise
    return spool


def _inflate(file: BinaryIO) -> Iterator[bytes]:
    """The content of a gzip file, which may hold several members."""
    inflater = inflate.gunzip()
    fresh = True
    while chunk := file.read(CHUNK):
        while chunk:
            if fresh and not (chunk := chunk.lstrip(b"\0")):  # padding after a member
                break
            fresh = False
            yield inflater.decompress(chunk, CHUNK)
            chunk = inflater.unconsumed_tail
            while not inflater.eof and not chunk:
                pending = inflater.decompress(b"", CHUNK)
                if not pending:
                    break
                yield pending
            if inflater.eof:
                chunk = inflater.unused_data
                inflater = inflate.gunzip()
                fresh = True
    if not fresh:
        message = "it ends too early"
        raise EOFError(message)
