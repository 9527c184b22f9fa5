"""``kubekey:DIR[:REF]`` to write: kk's unpacked folder is patched in place, and put back.

kk pushes what ``index.json`` names. Blobs are added, the index is replaced last and at once; the
artifact and kk's note of its md5 are not touched, so kk does not unpack it again.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ksimage.errors import CannotWrite, KubekeyNothingToUndo
from ksimage.images import config as image_config
from ksimage.images import manifest as image_manifest
from ksimage.images.documents import encode, load_json
from ksimage.images.manifest import MAX_CONFIG, MAX_MANIFEST, Descriptor, Manifest
from ksimage.images.mediatypes import INDEX_TYPES
from ksimage.locations.files import staging
from ksimage.locations.kubekey import entries, images
from ksimage.locations.kubekey.source import layout_folder, recorded
from ksimage.locations.oci.documents import INDEX_FILE
from ksimage.locations.oci.folder import LayoutTarget
from ksimage.locations.oci.layout import LayoutSource
from ksimage.objects import objects

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ksimage.images.platform import Platform
    from ksimage.locations.kubekey.images import Image
    from ksimage.locations.oci.layout import LayoutReader
    from ksimage.locations.protocol import Source, Transfer


class KubekeyTarget:
    """An image in kk's folder.

    Args:
        path: the folder of the kk binary, kk's own folder, or the layout.
        ref: a tag, or a whole name without an architecture.

    Raises:
        KubekeyImagesNotFound.
    """

    max_jobs = None

    def __init__(self, path: Path, ref: str) -> None:
        self.path = path
        self.ref = ref
        self.name = f"kubekey:{path}:{ref}"
        self.folder = layout_folder(path)
        self._layout = LayoutTarget(self.folder)

    def platform(self) -> str | None:
        return None

    def held(self) -> Descriptor | None:
        reader = LayoutSource(self.folder)
        return held(str(self.path), reader, self.ref)

    def put_blob(self, descriptor: Descriptor, source: Source) -> Transfer:
        return self._layout.put_blob(descriptor, source)

    def put_manifest(self, descriptor: Descriptor, data: bytes) -> None:
        self._layout.put_manifest(descriptor, data)

    def tag(self, descriptor: Descriptor, data: bytes) -> None:
        reader = LayoutSource(self.folder)
        with self._layout.locked():
            group = entries.group_for(self.path, images.all_of(reader.entries()), self.ref)
            only = platform_of(self.name, partial(_config, reader), descriptor, data)
            image = entries.written(self.name, group, descriptor, data, only)
            if image.recorded or descriptor.media_type not in INDEX_TYPES:
                self._layout.put_manifest(descriptor, data)
            index = self.folder / INDEX_FILE
            raw = load_json(self.name, index.read_bytes(), MAX_MANIFEST)
            raw["manifests"] = entries.put(objects(raw, "manifests"), image)
            staging.write_atomic(index, encode(raw))

    def close(self) -> None:
        """A blob without a name is left for the next run; it harms nobody."""


def held(path: str, reader: LayoutReader, ref: str) -> Descriptor | None:
    """What REF names in a layout of kk's, as its source would say."""
    found: Image | None = images.find(f"kubekey:{path}", images.all_of(reader.entries()), ref)
    if found is None:
        return None
    known = recorded(reader, found) if found.recorded else None
    return (known or images.top(found))[0]


def platform_of(
    name: str, config: Callable[[Descriptor], bytes], descriptor: Descriptor, data: bytes
) -> Platform | None:
    """The platform in a manifest's config, which ``config`` reads; None for an index."""
    if descriptor.media_type in INDEX_TYPES:
        return None
    manifest = image_manifest.parse(name, data, descriptor.media_type)
    if not isinstance(manifest, Manifest) or manifest.config.size > MAX_CONFIG:
        return None
    found = image_config.parse(name, config(manifest.config), len(manifest.layers))
    return image_manifest.platform(
        name, *(found.get(key) or "" for key in ("os", "architecture", "variant"))
    )


def _config(reader: LayoutReader, descriptor: Descriptor) -> bytes:
    with reader.blob(descriptor) as chunks:
        return b"".join(chunks)


def undo(path: Path) -> tuple[str, ...]:
    """Put every ks-installer back that was replaced; returns their names.

    Of an artifact, the file that was kept beside it takes its name again.

    Raises:
        KubekeyImagesNotFound, KubekeyNothingToUndo, MalformedImage, CannotWrite.
    """
    return _file(path) if path.is_file() else _folder(path)


def _folder(path: Path) -> tuple[str, ...]:
    folder = layout_folder(path)
    with LayoutTarget(folder).locked():
        LayoutSource(folder).entries()  # a broken layout is left alone
        index = folder / INDEX_FILE
        raw = load_json(f"kubekey:{path}", index.read_bytes(), MAX_MANIFEST)
        raw["manifests"], restored = entries.restored(objects(raw, "manifests"))
        if not restored:
            raise KubekeyNothingToUndo(path, "none of its names ends in -orig and an architecture")
        staging.write_atomic(index, encode(raw))
    return tuple(restored)


def _file(path: Path) -> tuple[str, ...]:
    kept = path.with_name(f"{path.name}.orig")
    if not kept.is_file():
        raise KubekeyNothingToUndo(path, f"there is no {kept}")
    try:
        kept.replace(path)
        staging.sync_directory(path.parent)
    except OSError as error:
        raise CannotWrite(path, error) from error
    return (str(path),)
