"""A file of an image, found without unpacking it."""

from __future__ import annotations

import posixpath
from functools import partial
from typing import TYPE_CHECKING

from ksimage.hook.layers import lineage, read_entries
from ksimage.images import config as image_config
from ksimage.images.layer import OPAQUE, WHITEOUT
from ksimage.images.mediatypes import FOREIGN_LAYERS
from ksimage.images.tar import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ksimage.base.images import PlatformImage
    from ksimage.images.layer import LayerEntry
    from ksimage.locations.protocol import Source


def read_file(source: Source, image: PlatformImage, path: str, limit: int) -> bytes | None:
    """The content of a regular file; None where there is none, or a later layer deleted it.

    Args:
        source, image: the image, of which layers are read from the top until one decides.
        path: relative to the root.
        limit: bytes that it may have.

    Raises:
        MalformedImage: larger, or a layer is damaged. DigestMismatch.
    """
    for number in reversed(range(len(image.manifest.layers))):
        descriptor = image.manifest.layers[number]
        if descriptor.media_type in FOREIGN_LAYERS:
            continue
        diff_id = image_config.diff_ids(image.config)[number]
        judge = partial(_judge, path=path, limit=limit)
        data, decided = read_entries(source, descriptor, diff_id, judge)
        if decided:
            return data
    return None


def _judge(entries: Iterator[LayerEntry], *, path: str, limit: int) -> tuple[bytes | None, bool]:
    """The file in one layer, and whether layers below no longer matter."""
    line = lineage(path)
    split = map(posixpath.split, line[:-1])
    hiding = {posixpath.join(folder, WHITEOUT + name) for folder, name in split}
    hiding |= {posixpath.join(folder, OPAQUE) for folder in line[1:]}
    data: bytes | None = None
    decided = False
    for entry in entries:
        if entry.path == path:
            found = entry.member.kind is Kind.FILE
            data, decided = entry.member.read(limit) if found else None, True
        elif entry.path in hiding or (
            entry.path in line[:-1] and entry.member.kind is not Kind.DIRECTORY
        ):
            decided = True
    return data, decided
