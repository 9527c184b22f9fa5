"""Random access to the members of a tar file that nobody vouches for.

Headers are scanned once; after that a member is an offset and a size. Nothing is unpacked, so names
that climb out of the archive are merely never looked up. A gzip'd archive (``docker save | gzip``)
is spooled uncompressed into a temporary file first, because gzip cannot be entered in the middle.
"""

from __future__ import annotations

import posixpath
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ksimage.errors import CannotRead, CannotWrite, ImageNotFound, MalformedImage, NoSpace
from ksimage.locations import staging
from ksimage.locations.protocol import CHUNK

MAX_MEMBERS = 50_000
MAX_EXTENDED = 1 << 20  # a pax or GNU long-name header
MAX_SPOOL = 64 << 30
MAX_LINKS = 8
_COMPRESSED = {
    b"\x28\xb5\x2f\xfd": "zstd -d",
    b"\xfd7zXZ\0": "xz -d",
    b"BZh": "bzip2 -d",
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
        path: a plain or gzip'd tar file.
        name: the location as a user would type it.

    Raises:
        ImageNotFound: no such file. CannotRead.
        MalformedImage: no tar, truncated, or beyond a bound.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._name = name
        self._path = path
        try:
            # Unbuffered: every stream seeks on a descriptor of its own.
            self._spool: BinaryIO | None = None
            with path.open("rb") as file:
                magic = file.read(6)
                if magic.startswith(b"\x1f\x8b"):
                    file.seek(0)
                    self._spool = _spool(name, file)
                else:
                    self._refuse(magic)
            with self._reader() as file:
                self._end = file.seek(0, 2)
                self.members = self._scan(file)
        except FileNotFoundError as error:
            raise ImageNotFound(name, why=f"there is no file {path}") from error
        except OSError as error:
            raise CannotRead(path, error) from error

    def close(self) -> None:
        """Remove the temporary file, if there is one. May be called twice."""
        if self._spool is not None:
            self._spool.close()

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
        with self._reader() as file:
            file.seek(member.offset + offset)
            yield self._chunks(file, member.size - offset)

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

    def _reader(self) -> BinaryIO:
        if self._spool is not None:
            return Path(f"/proc/self/fd/{self._spool.fileno()}").open("rb", buffering=0)
        return self._path.open("rb", buffering=0)

    def _chunks(self, file: BinaryIO, left: int) -> Iterator[bytes]:
        while left > 0:
            chunk = file.read(min(left, CHUNK))
            if not chunk:
                raise MalformedImage(self._name, "the archive ends in the middle of a file")
            left -= len(chunk)
            yield chunk

    def _refuse(self, magic: bytes) -> None:
        for prefix, command in _COMPRESSED.items():
            if magic.startswith(prefix):
                raise MalformedImage(
                    self._name,
                    f"the archive is compressed ({command.split()[0]})",
                    advice=[f"{command} < {self._path} > image.tar"],
                )

    def _scan(self, file: BinaryIO) -> dict[str, Member]:
        members: dict[str, Member] = {}
        extended: dict[str, str] = {}
        count = position = 0
        while True:
            file.seek(position)
            block = file.read(_BLOCK)
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
                data = self._extended(file, info, start)
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

    def _extended(self, file: BinaryIO, info: tarfile.TarInfo, start: int) -> bytes:
        if not 0 <= info.size <= MAX_EXTENDED:
            raise MalformedImage(self._name, f"an extended header of {info.size} bytes")
        file.seek(start)
        data = file.read(info.size)
        if len(data) < info.size:
            raise MalformedImage(self._name, "the archive is truncated", advice=["copy it again"])
        return data


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
    spool = tempfile.TemporaryFile(dir=directory)  # noqa: SIM115 (closed by TarIndex.close)
    try:
        inflater = zlib.decompressobj(31)
        written = 0
        while chunk := file.read(CHUNK):
            while chunk:
                data = inflater.decompress(chunk, CHUNK)
                chunk = inflater.unconsumed_tail
                written += len(data)
                if written > MAX_SPOOL:
                    raise MalformedImage(name, f"more than {MAX_SPOOL >> 30} GiB uncompressed")
                if written % (64 << 20) < len(data):
                    staging.require_space(directory, 64 << 20)
                spool.write(data)
                if inflater.eof:  # gzip members may follow each other
                    chunk = inflater.unused_data.lstrip(b"\0")
                    inflater = zlib.decompressobj(31)
        spool.flush()
    except zlib.error as error:
        spool.close()
        raise MalformedImage(name, f"damaged gzip data: {error}") from error
    except OSError as error:
        spool.close()
        raise CannotWrite(directory, error) from error
    except (MalformedImage, NoSpace):
        spool.close()
        raise
    return spool
