"""``kubekey:FILE[:REF]`` to write: an artifact with another ks-installer in it.

The artifact is streamed from the old file to a new one beside it, which takes the name at the end.
Memory does not depend on the size.
"""

from __future__ import annotations

import tarfile
import tempfile
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO, Final

from ksimage.errors import CannotRead, CannotWrite, KubekeyImagesNotFound, MalformedImage, TagMoved
from ksimage.images.documents import encode, load_json
from ksimage.images.manifest import MAX_MANIFEST, Descriptor
from ksimage.images.mediatypes import INDEX_TYPES
from ksimage.images.tar import header
from ksimage.locations.files import staging
from ksimage.locations.files.gzipview import GzipWriter
from ksimage.locations.kubekey import entries, images
from ksimage.locations.kubekey.artifact import PREFIX, ArtifactIndex, ArtifactReader, padded
from ksimage.locations.kubekey.folder import held, platform_of
from ksimage.locations.kubekey.source import KubekeySource
from ksimage.locations.oci.documents import INDEX_FILE, blob_path
from ksimage.locations.protocol import CHUNK, Outcome, Source, Transfer
from ksimage.objects import objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


class KubekeyArtifactTarget:
    """An image in an artifact.

    What the file held is kept beside it as ``<name>.orig``; the image that is replaced also inside
    it, under the name for kept ones. A file that does not exist is made of the artifact that the
    image comes from.

    Args:
        path: the artifact.
        ref: a tag, or a whole name without an architecture.
    """

    max_jobs = 1

    def __init__(self, path: Path, ref: str) -> None:
        self.path = path
        self.ref = ref
        self.name = f"kubekey:{path}:{ref}"
        self._own = ArtifactReader(path, self.name) if path.exists() else None
        self._origin = self._own
        self._new: dict[str, BinaryIO] = {}

    def platform(self) -> str | None:
        return None

    def held(self) -> Descriptor | None:
        if not self.path.exists():
            return None
        if self._own is None:  # tag() made it
            self._own = ArtifactReader(self.path, self.name)
        return held(str(self.path), self._own, self.ref)

    def put_blob(self, descriptor: Descriptor, source: Source) -> Transfer:
        home = source.home(descriptor)
        if self._origin is None and isinstance(home, KubekeySource) and home.path.is_file():
            self._origin = ArtifactReader(home.path, self.name)
        if descriptor.digest in self._new or self._reader().holds(descriptor):
            return Transfer(descriptor, Outcome.PRESENT)
        with source.blob(descriptor) as chunks:
            return Transfer(descriptor, Outcome.SENT, self._spool(descriptor.digest, chunks))

    def put_manifest(self, descriptor: Descriptor, data: bytes) -> None:
        if descriptor.digest not in self._new and not self._reader().holds(descriptor):
            self._spool(descriptor.digest, [data])

    def tag(self, descriptor: Descriptor, data: bytes) -> None:
        reader = self._reader()
        present = images.all_of(reader.entries())
        group = entries.group_for(self.path, present, self.ref)
        only = platform_of(self.name, self._config, descriptor, data)
        image = entries.written(self.name, group, descriptor, data, only)
        if image.recorded or descriptor.media_type not in INDEX_TYPES:
            self.put_manifest(descriptor, data)
        raw = load_json(self.name, self._index_json(reader), MAX_MANIFEST)
        listed = objects(raw, "manifests")
        if group in present and group.kept not in present and not group.is_kept:
            listed = [*entries.keep(listed, group)]
        raw["manifests"] = entries.put(listed, image)
        self._write(reader, encode(raw))

    def close(self) -> None:
        for reader in (self._own, self._origin):
            if reader is not None:
                reader.close()
        for file in self._new.values():
            file.close()
        self._new.clear()

    def _reader(self) -> ArtifactReader:
        if self._origin is None:
            raise KubekeyImagesNotFound(
                self.path, "there is no such file, and the image does not come from an artifact"
            )
        return self._origin

    def _index_json(self, reader: ArtifactReader) -> bytes:
        return reader.index().read(PREFIX + INDEX_FILE, MAX_MANIFEST) or b""

    def _config(self, descriptor: Descriptor) -> bytes:
        file = self._new.get(descriptor.digest)
        if file is not None:
            file.seek(0)
            return file.read()
        with self._reader().blob(descriptor) as chunks:
            return b"".join(chunks)

    def _spool(self, digest: str, chunks: Iterable[bytes]) -> int:
        try:
            file = tempfile.TemporaryFile(dir=self.path.parent)  # noqa: SIM115 (close() closes it)
            self._new[digest] = file
            return sum(file.write(chunk) for chunk in chunks)
        except OSError as error:
            raise CannotWrite(self.path.parent, error) from error

    def _write(self, reader: ArtifactReader, index_json: bytes) -> None:
        index = reader.index()
        if not isinstance(index, ArtifactIndex):
            raise MalformedImage(self.name, "kk's artifacts are compressed, and this one is not")
        try:
            size = reader.path.stat().st_size
        except OSError as error:
            raise CannotRead(reader.path, error) from error
        staging.sweep(self.path.parent)
        staging.require_space(self.path.parent, size)
        with closing(staging.Staged(self.path.parent)) as staged:
            writer = GzipWriter(staged)
            for piece, stored in pieces(index, self._new, index_json):
                writer.write(piece, stored=stored)
            writer.end()
            if not reader.unchanged():
                raise TagMoved(self.name, "the artifact as it was read", "another")
            if self.path.exists():
                staging.keep(self.path)
            staged.commit(self.path)
        if self._own is not None:
            self._own.close()
            self._own = None


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
        yield header(PREFIX + blob_path(_INDEX, digest), size), True
        while chunk := file.read(CHUNK):
            yield chunk, True
        yield bytes(-size % _BLOCK), True
    yield header(_INDEX, len(index_json)), True
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
