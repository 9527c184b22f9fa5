"""``docker-archive:FILE[:NAME:TAG]``: what ``docker save`` writes and ``docker load`` reads.

Three forms are read; ``manifest.json`` lists the images of all of them:

* ``docker save`` before 25: ``ID.json``, ``ID/layer.tar``, with links for layers that repeat;
* skopeo, podman, bazel, ggcr: ``HEX.json`` and ``HEX.tar`` (or ``.tar.gz``);
* ``docker save`` since 25: an OCI layout beside it, so that both name the same blobs.

The first two hold no registry manifest. One of Docker schema 2 is made up: its layers are those of
the archive, by default uncompressed, whose digests are the diff IDs of the config and are checked
as they are read. The third's own manifest is used where it is complete.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ksimage.errors import (
    AmbiguousImage,
    DigestMismatch,
    ImageNotFound,
    MalformedImage,
    UnsupportedImage,
)
from ksimage.images.compression import kind_of
from ksimage.images.digest import DIGEST, sha256
from ksimage.images.documents import encode, load_json
from ksimage.images.manifest import MAX_CONFIG, MAX_MANIFEST, Descriptor, Index, Manifest, parse
from ksimage.images.mediatypes import (
    DOCKER_CONFIG,
    DOCKER_LAYER_GZIP,
    DOCKER_LAYER_TAR,
    DOCKER_MANIFEST,
    INDEX_TYPES,
    MANIFEST_TYPES,
)
from ksimage.locations.docker.listing import (
    LIST_FILE,
    ListedImage,
    closing_files,
    labels_of,
    listed,
    names_of,
)
from ksimage.locations.files.tarindex import TarIndex
from ksimage.locations.files.verification import checked
from ksimage.locations.oci.archive import ArchiveTarget
from ksimage.locations.oci.documents import INDEX_FILE, LAYOUT_FILE, blob_path
from ksimage.objects import at

if TYPE_CHECKING:
    from ksimage.locations.protocol import Source


class DockerArchiveSource:
    """One image of a Docker archive.

    Args:
        path: the file, plain or gzip'd, or an open one that is closed with this source.
        ref: NAME:TAG, or "" for the only image.
        digest: the image ID (the config's digest) or the manifest's digest.
        name: how to call it in messages, when the file is a temporary one.
    """

    def __init__(
        self, path: Path | BinaryIO, ref: str = "", *, digest: str | None = None, name: str = ""
    ) -> None:
        self._path = path
        self._ref = ref
        self._digest = digest
        self.name = name or (
            f"docker-archive:{path}" + (f":{ref}" if ref else "") + (f"@{digest}" if digest else "")
        )
        self._index = TarIndex(path, self.name)
        self._top: Descriptor | None = None
        self._documents: dict[str, bytes] = {}  # the manifest, and what it points to that is small
        self._paths: dict[str, str] = {}  # digest -> path in the archive
        self._guard = threading.RLock()

    def top(self) -> Descriptor:
        with self._guard:
            if self._top is None:
                self._top = self._choose()
            return self._top

    def manifest(self, descriptor: Descriptor) -> bytes:
        self.top()
        data = self._documents.get(descriptor.digest)
        if data is None or len(data) != descriptor.size:
            raise MalformedImage(self.name, f"the archive has no manifest {descriptor.digest}")
        return data

    @contextmanager
    def blob(self, descriptor: Descriptor, offset: int = 0) -> Iterator[Iterator[bytes]]:
        self.top()
        path = self._paths.get(descriptor.digest)
        if path is None:
            raise MalformedImage(self.name, f"the archive has no blob {descriptor.digest}")
        with self._index.stream(path, offset) as chunks:
            yield chunks if offset else checked(self.name, descriptor, chunks)

    def home(self, descriptor: Descriptor) -> Source:  # noqa: ARG002 (the protocol's)
        return self

    def close(self) -> None:
        self._index.close()

    def names(self) -> list[str]:
        """NAME:TAG of every image in the archive that has one."""
        return [name for image in self._images() for name in names_of(image)]

    def _choose(self) -> Descriptor:
        images = self._images()
        chosen = [image for image in images if not self._ref or self._ref in names_of(image)]
        tops = []
        seen = set()
        for image in chosen:
            key = (image.config, *image.layers)
            if key in seen:
                continue
            seen.add(key)
            config = self._config(image)
            if self._digest and self._digest != config.digest:
                top = self._manifest_of(image, config)
                if self._digest != top.digest:
                    continue
            tops.append((image, config))
        if not tops:
            present = ", ".join(text for image in images[:20] for text in labels_of(image))
            raise ImageNotFound(self.name, why=f"the archive holds {present or 'no image'}")
        if len(tops) > 1:
            # Images of one name (several platforms), or of none, are told apart by their IDs.
            raise AmbiguousImage(
                self.name,
                [
                    names_of(image)[0] if names_of(image) and not self._ref else f"@{config.digest}"
                    for image, config in tops
                ],
            )
        return self._manifest_of(*tops[0])

    def _images(self) -> list[ListedImage]:
        data = self._index.read(LIST_FILE, MAX_MANIFEST)
        if data is None:
            is_layout = self._index.size(LAYOUT_FILE) is not None
            raise ImageNotFound(
                self.name,
                why=f"the archive has no {LIST_FILE}"
                + (": it is an OCI archive" if is_layout else ""),
                advice=[f"oci-archive:{self._path}"] if is_layout else [],
            )
        return listed(self.name, data)

    def _config(self, image: ListedImage) -> Descriptor:
        path = image.config
        data = self._index.read(path, MAX_CONFIG)
        if data is None:
            raise MalformedImage(self.name, f"the archive has no config {path[:200]}")
        digest = sha256(data)
        announced = path.rpartition("/")[2].removesuffix(".json").removeprefix("sha256:")
        if DIGEST.fullmatch(f"sha256:{announced}") and digest != f"sha256:{announced}":
            raise DigestMismatch(self.name, f"sha256:{announced}", digest)
        self._paths[digest] = path
        return Descriptor(DOCKER_CONFIG, digest, len(data))

    def _manifest_of(self, image: ListedImage, config: Descriptor) -> Descriptor:
        written = self._written(config)
        if written is not None:
            return written
        layers = self._layers(image, config)
        data = encode(
            {
                "schemaVersion": 2,
                "mediaType": DOCKER_MANIFEST,
                "config": config.to_json(),
                "layers": [layer.to_json() for layer in layers],
            }
        )
        top = Descriptor(DOCKER_MANIFEST, sha256(data), len(data))
        self._documents[top.digest] = data
        return top

    def _layers(self, image: ListedImage, config: Descriptor) -> list[Descriptor]:
        data = self._index.read(image.config, MAX_CONFIG) or b""
        diff_ids = at(load_json(self.name, data, MAX_CONFIG), "rootfs", "diff_ids")
        if (
            not isinstance(diff_ids, list)
            or len(diff_ids) != len(image.layers)
            or not all(isinstance(diff, str) and DIGEST.fullmatch(diff) for diff in diff_ids)
        ):
            raise MalformedImage(
                self.name, f"config {config.digest} does not name the archive's layers"
            )
        layers = []
        for path, diff_id in zip(image.layers, diff_ids, strict=True):
            size = self._index.size(path)
            if size is None:
                raise MalformedImage(self.name, f"the archive has no layer {path[:200]}")
            media_type, digest = self._kind(path, diff_id)
            self._paths[digest] = path
            layers.append(Descriptor(media_type, digest, size))
        return layers

    def _kind(self, path: str, diff_id: str) -> tuple[str, str]:
        """Media type and digest. Only a compressed layer must be read to know its digest."""
        with self._index.stream(path) as chunks:
            first = next(chunks, b"")
            if kind_of(first) == "zstd":
                raise UnsupportedImage(
                    self.name, f"{path[:200]} is compressed with zstd, which Docker archives lack"
                )
            if kind_of(first) != "gzip":
                return DOCKER_LAYER_TAR, diff_id
            hasher = hashlib.sha256(first)
            for chunk in chunks:
                hasher.update(chunk)
            return DOCKER_LAYER_GZIP, f"sha256:{hasher.hexdigest()}"

    def _written(self, config: Descriptor) -> Descriptor | None:
        """The manifest that the archive itself has for this config, with all its blobs."""
        data = self._index.read(INDEX_FILE, MAX_MANIFEST)
        if data is None or self._index.size(LAYOUT_FILE) is None:
            return None
        listed = parse(f"{INDEX_FILE} of {self.name}", data, None)
        queue = list(listed.manifests) if isinstance(listed, Index) else []
        nested: list[Descriptor] = []
        for entry in queue:
            if entry.media_type in INDEX_TYPES:
                inner = self._document(entry)
                parsed = parse(self.name, inner, entry.media_type) if inner else None
                nested += parsed.manifests if isinstance(parsed, Index) else ()
        for entry in (*queue, *nested):
            if entry.media_type not in MANIFEST_TYPES:
                continue
            inner = self._document(entry)
            parsed = parse(self.name, inner, entry.media_type) if inner else None
            if not isinstance(parsed, Manifest) or parsed.config.digest != config.digest:
                continue
            blobs = (parsed.config, *parsed.layers)
            if inner and all(self._index.size(self._blob(blob)) == blob.size for blob in blobs):
                self._documents[entry.digest] = inner
                self._paths.update({blob.digest: self._blob(blob) for blob in blobs})
                return Descriptor(entry.media_type, entry.digest, entry.size)
        return None

    def _document(self, entry: Descriptor) -> bytes | None:
        """A manifest of the layout inside; None where it was not saved (other platforms)."""
        data = self._index.read(self._blob(entry), MAX_MANIFEST)
        if data is not None and sha256(data) != entry.digest:
            raise DigestMismatch(self.name, entry.digest, sha256(data))
        return data

    def _blob(self, descriptor: Descriptor) -> str:
        return blob_path(self.name, descriptor.digest)


class DockerArchiveTarget(ArchiveTarget):
    """A destination in a Docker archive; ``ref`` is NAME:TAG."""

    kind, marker, listing = "docker-archive", LIST_FILE, LIST_FILE

    def platform(self) -> str | None:
        return ""

    def tag(self, descriptor: Descriptor, data: bytes) -> None:
        self.put_manifest(descriptor, data)
        self.commit(closing_files(self, self.ref, descriptor, data))

    def _source(self) -> Source:
        return DockerArchiveSource(self.path, self.ref)
