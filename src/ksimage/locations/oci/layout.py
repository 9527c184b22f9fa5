"""Reading ``oci:DIR[:REF]``: an OCI image layout in a folder (image-spec ``image-layout.md``).

``index.json`` names images by the annotation ``org.opencontainers.image.ref.name``; content lies
in ``blobs/sha256/HEX``. Reading stays inside the folder whatever its symbolic links say.
"""

from __future__ import annotations

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from ksimage.errors import (
    AmbiguousImage,
    CannotRead,
    DigestMismatch,
    ImageNotFound,
    MalformedImage,
    UnsupportedImage,
)
from ksimage.images.digest import sha256
from ksimage.images.documents import load_json
from ksimage.images.manifest import MAX_MANIFEST, Descriptor, Index, parse
from ksimage.images.mediatypes import INDEX_TYPES, MANIFEST_TYPES
from ksimage.locations.files.verification import checked, checked_manifest, require_small
from ksimage.locations.oci.documents import (
    FULL_NAME,
    INDEX_FILE,
    LAYOUT_FILE,
    MAX_MARKER,
    REF_NAME,
    blob_path,
    listed,
)
from ksimage.locations.protocol import CHUNK, Source


class LayoutReader(ABC):
    """A layout wherever its files are. The subclasses say how to get at one file.

    Args:
        name: the location as a user would type it.
        ref: REF, or "" for the only image.
        digest: pinned digest; without ``ref`` it may also be a manifest that only an index names.
    """

    def __init__(self, name: str, ref: str, digest: str | None) -> None:
        self.name = name
        self._ref = ref
        self._digest = digest

    @abstractmethod
    def _size(self, path: str) -> int | None:
        """Bytes of the file at the slash-separated ``path``, or None."""

    @abstractmethod
    def _stream(self, path: str, offset: int) -> AbstractContextManager[Iterator[bytes]]:
        """The file's bytes, unchecked."""

    @abstractmethod
    def close(self) -> None:
        """See Source."""

    def top(self) -> Descriptor:
        entries = self.entries()
        if self._ref:
            matches = [entry for entry in entries if self._ref in _names(entry)]
        else:
            matches = list(entries)
        if self._digest:
            matches = [entry for entry in matches if entry.digest == self._digest]
            if not matches and not self._ref:
                return self._unlisted(self._digest)
        distinct = {entry.digest: entry for entry in matches}
        present = [_label(entry) for entry in entries]
        if not distinct:
            raise ImageNotFound(
                self.name,
                why=f"the layout holds {', '.join(present[:20]) or 'no image'}",
            )
        if len(distinct) > 1:
            raise AmbiguousImage(self.name, present)
        (found,) = distinct.values()
        if found.media_type not in INDEX_TYPES | MANIFEST_TYPES:
            raise UnsupportedImage(
                self.name, f"media type {found.media_type!r} is neither an image nor an index"
            )
        return found

    def entries(self) -> tuple[Descriptor, ...]:
        """What ``index.json`` lists, after the layout's version was checked.

        Raises:
            ImageNotFound: no layout. MalformedImage: a broken or hostile one.
        """
        marker = self._read(LAYOUT_FILE, MAX_MARKER)
        if marker is None:
            raise ImageNotFound(self.name, why=f"it has no file {LAYOUT_FILE}")
        version = load_json(self.name, marker, MAX_MARKER).get("imageLayoutVersion")
        if not isinstance(version, str) or not version.startswith("1."):
            raise UnsupportedImage(self.name, f"image layout version {version!r} is not 1.0.0")
        data = self._read(INDEX_FILE, MAX_MANIFEST)
        if data is None:
            raise MalformedImage(self.name, f"the layout has no {INDEX_FILE}")
        return listed(f"{INDEX_FILE} of {self.name}", data)

    def size_of(self, digest: str) -> int | None:
        """Bytes of a blob, or None when it is not there. Raises MalformedImage."""
        return self._size(self._path(digest))

    def names(self) -> list[str]:
        """REF of every image that has one."""
        return [
            entry.annotations[REF_NAME] for entry in self.entries() if REF_NAME in entry.annotations
        ]

    def holds(self, descriptor: Descriptor) -> bool:
        """Whether the blob is there, by size."""
        return self._size(self._path(descriptor.digest)) == descriptor.size

    def manifest(self, descriptor: Descriptor) -> bytes:
        if descriptor.platform is not None and self._size(self._path(descriptor.digest)) is None:
            raise self._partial(descriptor)
        with self._open(descriptor, 0) as chunks:
            return checked_manifest(self.name, descriptor, chunks)

    @contextmanager
    def blob(self, descriptor: Descriptor, offset: int = 0) -> Iterator[Iterator[bytes]]:
        with self._open(descriptor, offset) as chunks:
            yield chunks if offset else checked(self.name, descriptor, chunks)

    def home(self, descriptor: Descriptor) -> Source:  # noqa: ARG002 (the protocol's)
        return self

    def _path(self, digest: str) -> str:
        return blob_path(self.name, digest)

    def _open(self, descriptor: Descriptor, offset: int) -> AbstractContextManager[Iterator[bytes]]:
        path = self._path(descriptor.digest)
        size = self._size(path)
        if size is None:
            raise MalformedImage(self.name, f"the blob {descriptor.digest} is missing")
        if size != descriptor.size:
            raise DigestMismatch(
                self.name, f"{descriptor.size} bytes for {descriptor.digest}", f"{size} bytes"
            )
        return self._stream(path, offset)

    def _partial(self, missing: Descriptor) -> MalformedImage:
        """The error for a platform that was left out when the image was written here."""
        top = parse(self.name, self.manifest(self.top()))
        entries = top.manifests if isinstance(top, Index) else ()
        present = [
            str(entry.platform)
            for entry in entries
            if entry.platform and self._size(self._path(entry.digest)) is not None
        ]
        return MalformedImage(
            self.name,
            f"its index names {missing.platform}, which is not here: a part of the image was"
            " exported",
            advice=[
                *(f"take what is there: --platform {platform}" for platform in present[:1]),
                "or export all of it: ctr images export --all-platforms FILE NAME",
            ],
        )

    def _read(self, path: str, limit: int) -> bytes | None:
        size = self._size(path)
        if size is None:
            return None
        require_small(self.name, path, size, limit)
        with self._stream(path, 0) as chunks:
            return b"".join(chunks)

    def _unlisted(self, digest: str) -> Descriptor:
        data = self._read(self._path(digest), MAX_MANIFEST)
        if data is None:
            raise ImageNotFound(self.name, why=f"the layout holds no {digest}")
        if sha256(data) != digest:
            raise DigestMismatch(self.name, digest, sha256(data))
        return Descriptor(parse(self.name, data).media_type, digest, len(data))


def _names(entry: Descriptor) -> set[str]:
    return {entry.annotations[key] for key in (REF_NAME, FULL_NAME) if key in entry.annotations}


def _label(entry: Descriptor) -> str:
    return entry.annotations.get(REF_NAME) or f"@{entry.digest}"


class LayoutSource(LayoutReader):
    """An image in a layout folder."""

    def __init__(self, path: Path, ref: str = "", *, digest: str | None = None) -> None:
        name = f"oci:{path}" + (f":{ref}" if ref else "") + (f"@{digest}" if digest else "")
        super().__init__(name, ref, digest)
        self.path = path

    def entries(self) -> tuple[Descriptor, ...]:
        if not self.path.exists():
            raise ImageNotFound(self.name, why=f"there is no folder {self.path}")
        return super().entries()

    def close(self) -> None:
        """Nothing is held open."""

    def _size(self, path: str) -> int | None:
        file = self._file(path)
        if file is None:
            return None
        with file:
            return os.fstat(file.fileno()).st_size

    @contextmanager
    def _stream(self, path: str, offset: int) -> Iterator[Iterator[bytes]]:
        file = self._file(path)
        if file is None:
            raise MalformedImage(self.name, f"{path} is missing")
        with file:
            file.seek(offset)
            yield iter(lambda: file.read(CHUNK), b"")

    def _file(self, path: str) -> BinaryIO | None:
        try:
            root = self.path.resolve(strict=True)
            file = (root / path).resolve(strict=True)
            if not file.is_relative_to(root):
                raise MalformedImage(self.name, f"{path} is a link that leads out of the layout")
            # O_NONBLOCK: a FIFO put there must not hang us; fstat then refuses it.
            descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before 3.13
            fault = error if isinstance(error, OSError) else OSError(str(error))
            raise CannotRead(self.path / path, fault) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise MalformedImage(self.name, f"{path} is not a regular file")
        return os.fdopen(descriptor, "rb", buffering=0)
