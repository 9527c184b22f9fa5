"""An artifact with other files in its layout, as a stream: pieces of tar, never all at once."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, BinaryIO, Final

from ksimage.locations.kubekey.artifact import PREFIX, padded
from ksimage.locations.oci.documents import INDEX_FILE
from ksimage.locations.protocol import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ksimage.locations.kubekey.artifact import ArtifactIndex

_BLOBS: Final = PREFIX + "blobs/sha256/"
_INDEX: Final = PREFIX + INDEX_FILE
_BLOCK: Final = tarfile.BLOCKSIZE


def pieces(
    index: ArtifactIndex, blobs: Mapping[str, BinaryIO], index_json: bytes
) -> Iterator[tuple[bytes, bool]]:
    """The new archive: every byte of the old one but ``index.json``, before which the blobs come.

    Args:
        blobs: new ones by digest.
        index_json: the new file.

    Yields:
        A piece, and whether compressing it is in vain: layers are compressed already.

    Raises:
        CannotRead, MalformedImage.
    """
    old = index.members[_INDEX]
    begin = index.header_of(_INDEX)
    end = old.offset + padded(old.size)
    borders = _borders(index)
    yield from _marked(index.view.stream(0, begin), 0, borders)
    for digest, file in blobs.items():
        size = file.seek(0, 2)
        file.seek(0)
        yield _header(_BLOBS + digest.removeprefix("sha256:"), size), True
        while chunk := file.read(CHUNK):
            yield chunk, True
        yield bytes(-size % _BLOCK), True
    yield _header(_INDEX, len(index_json)), True
    yield index_json + bytes(-len(index_json) % _BLOCK), True
    yield from _marked(index.view.rest(end), end, borders)


def _borders(index: ArtifactIndex) -> list[tuple[int, bool]]:
    """Ends of files in the archive, in order, each with whether what ends there is an image's."""
    files = sorted(
        (member.offset + padded(member.size), path.startswith(PREFIX))
        for path, member in index.members.items()
        if not member.link
    )
    return [
        (end, stored)
        for at, (end, stored) in enumerate(files)
        if at + 1 == len(files) or files[at + 1][1] != stored
    ]


def _marked(
    chunks: Iterable[bytes], position: int, borders: list[tuple[int, bool]]
) -> Iterator[tuple[bytes, bool]]:
    """Cut the chunks where images begin and end."""
    left = [border for border in borders if border[0] > position]
    for chunk in chunks:
        rest = memoryview(chunk)
        while rest:
            while left and left[0][0] <= position:
                left.pop(0)
            size = min(len(rest), left[0][0] - position) if left else len(rest)
            yield bytes(rest[:size]), left[0][1] if left else False
            rest, position = rest[size:], position + size


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    return info.tobuf(tarfile.GNU_FORMAT)
