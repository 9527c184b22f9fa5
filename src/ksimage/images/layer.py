"""Layers: read a hostile one entry by entry, write one with a single file reproducibly.

A layer is a tar archive with whiteouts (OCI image-spec, layer.md). The one written here depends on
nothing but its entries: USTAR, fixed fields, and a gzip wrapper of stored blocks, because
compressed bytes differ between zlib versions and zlib-ng.
"""

from __future__ import annotations

import posixpath
import struct
import zlib
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ksimage.errors import MalformedImage
from ksimage.images import tar
from ksimage.images.digest import sha256
from ksimage.images.tarstream import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"

MAX_MTIME = 8**11 - 1
"""Seconds since the epoch that a tar header's octal digits can hold (in the year 2242)."""


class LayerFile(NamedTuple):
    """A regular file as it is to stand in a layer.

    ``path`` has no leading slash and at most 100 bytes; ``mtime`` is at most MAX_MTIME.
    """

    path: str
    data: bytes
    mode: int
    uid: int
    gid: int
    mtime: int


class LayerFolder(NamedTuple):
    """A directory as it stands, or is to stand, in a layer.

    ``path`` has neither a leading nor a trailing slash; ``attributes`` are PAX records for extended
    attributes by key, as Go's archive/tar writes them (``SCHILY.xattr.user.name``).
    """

    path: str
    mode: int
    uid: int
    gid: int
    mtime: int
    attributes: Mapping[str, bytes] = MappingProxyType({})


class Layer(NamedTuple):
    """A finished layer: the gzip bytes, their digest, and the digest of the tar inside."""

    data: bytes
    digest: str
    diff_id: str


def write_layer(file: LayerFile, folders: Sequence[LayerFolder] = ()) -> Layer:
    """The layer that holds exactly ``folders``, in their order, and ``file``; no names of users.

    A store that keeps each layer apart takes the attributes of a directory from the topmost layer
    that has something in it, and makes them up (0755, root) where that layer has no entry for it.
    """
    entries = [_folder_entry(folder) for folder in folders]
    header = _header(file.path, b"0", len(file.data), file)
    content = b"".join([*entries, header, _padded(file.data), bytes(2 * BLOCK)])
    data = store_gzip(content)
    return Layer(data, sha256(data), sha256(content))


def _folder_entry(folder: LayerFolder) -> bytes:
    header = _header(f"{folder.path}/", b"5", 0, folder)
    if not folder.attributes:
        return header
    records = b"".join(
        _record(key.encode("utf-8", "surrogateescape"), value)
        for key, value in sorted(folder.attributes.items())
    )
    about = LayerFolder("", 0o644, 0, 0, 0)
    name = f"PaxHeaders.0/{folder.path}"
    return _header(name, b"x", len(records), about) + _padded(records) + header


def _record(key: bytes, value: bytes) -> bytes:
    """``LENGTH KEY=VALUE\\n``, where LENGTH counts its own digits, too (POSIX.1-2001, pax)."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def store_gzip(data: bytes) -> bytes:
    """``data`` as a gzip member of stored deflate blocks (RFC 1951 3.2.4, RFC 1952).

    No time, no name, "unknown" operating system: the same bytes whatever compressor is linked.
    """
    out = [b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"]
    for start in range(0, max(len(data), 1), 0xFFFF):
        block = data[start : start + 0xFFFF]
        last = start + 0xFFFF >= len(data)
        out.append(struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF) + block)
    out.append(struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF))
    return b"".join(out)


def _header(name: str, kind: bytes, size: int, about: LayerFile | LayerFolder) -> bytes:
    path = name.encode()
    assert len(path) <= 100, "what the caller promised"
    assert 0 <= about.mtime <= MAX_MTIME, "what the caller promised"
    fields = [
        path.ljust(100, b"\0"),
        _number(about.mode & 0o7777, 8),
        _number(about.uid, 8),
        _number(about.gid, 8),
        _number(size, 12),
        _number(about.mtime, 12),
        b" " * 8,  # where the checksum goes counts as spaces
        kind,
        bytes(100),
        b"ustar\x0000",
        bytes(247),
    ]
    fields[6] = b"%06o\0 " % sum(b"".join(fields))
    return b"".join(fields)


def _number(value: int, width: int) -> bytes:
    """Octal digits and a NUL; in base 256 what they cannot hold (owners of user namespaces)."""
    if value < 8 ** (width - 1):
        return b"%0*o\0" % (width - 1, value)
    return (value | 0x80 << 8 * (width - 1)).to_bytes(width, "big")


class LayerEntry(NamedTuple):
    """One member of a layer. ``path`` is normalised: relative, no ``.`` or empty parts."""

    path: str
    member: tar.Member


def read_layer(name: str, chunks: Iterable[bytes]) -> Iterator[LayerEntry]:
    """The entries of an uncompressed tar stream, in order; content readable until the next one.

    All of ``chunks`` is consumed, so that digests computed on the way are complete.

    Raises:
        MalformedImage: damaged, a name that leaves the root, or beyond the bounds.
    """
    for member in tar.members(name, chunks):
        yield LayerEntry(normalise(name, member.name), member)


def normalise(name: str, path: str) -> str:
    """A member's path without ``./``, ``//`` and leading slashes.

    Raises:
        MalformedImage: it climbs with ``..``.
    """
    if ".." in path.split("/"):
        raise MalformedImage(name, f"a layer's entry leaves the root: {path[:120]!r}")
    clean = posixpath.normpath(path.lstrip("/"))
    return "" if clean == "." else clean
