"""The hooks of a base's platforms: read side by side, with somebody watching, and each once.

Otherwise a second build of a release reads the hook's layer again, some 50 MB a platform, only to
say "up to date". Only hooks that upstream shipped are remembered, by the manifest's digest: their
sha256 is in ``releases``, so what comes out of the cache is proven by more than the cache.
"""

from __future__ import annotations

import json
import logging
import threading
from functools import partial
from typing import TYPE_CHECKING

from ksimage import cache
from ksimage.hook.find import find_hook
from ksimage.hook.layers import Hook
from ksimage.images.layer import LayerFolder
from ksimage.locations import transfer
from ksimage.locations.views import Cancelled, Watched
from ksimage.threads import Threads
from ksimage.upstream import releases

if TYPE_CHECKING:
    from collections.abc import Callable

    from ksimage.base.images import ImageSet, PlatformImage
    from ksimage.hook.layers import Seen
    from ksimage.images.manifest import Descriptor
    from ksimage.locations.protocol import Source

    Reading = Callable[[Descriptor, int], object]
    """Told of a layer when it is opened (0) and of the bytes read; calls never overlap."""
    from ksimage.cache import Cache
    from ksimage.images.documents import JsonObject


def find_hooks(
    source: Source, images: ImageSet, seen: Seen, reading: Reading | None
) -> list[tuple[PlatformImage, Hook]]:
    """The hook of each platform; platforms that share all layers are read once, others at once.

    Args:
        source, images: the base, open, and its platforms.
        seen: told of what will be a hook if all is well (:func:`ksimage.hook.find.find_hook`).
        reading: told of the layers that are read; what it raises ends the reading.

    Raises:
        HookNotFound, MalformedImage, DigestMismatch, and whatever the source raises.
    """
    keys = [tuple(layer.digest for layer in image.manifest.layers) for image in images.images]
    distinct = dict(zip(keys, images.images, strict=True))
    stop, lock = threading.Event(), threading.Lock()

    def report(descriptor: Descriptor, count: int) -> None:
        if stop.is_set():
            raise Cancelled
        if reading:
            with lock:
                reading(descriptor, count)

    find = partial(known_hook, Watched(source, report), seen=seen)
    if len(distinct) == 1:
        hook = find(images.images[0])
        return [(image, hook) for image in images.images]
    with Threads(min(transfer.JOBS, len(distinct)), "hook") as pool:
        try:
            # decompressing and hashing leave Python's lock to the others
            read = list(pool.map(find, distinct.values()))
        finally:
            stop.set()
    hooks = dict(zip(distinct, read, strict=True))
    return [(image, hooks[key]) for key, image in zip(keys, images.images, strict=True)]


log = logging.getLogger("ksimage.base")

_KIND = "hooks-3"  # 3: others also of layers below, and how many were not read


def known_hook(source: Source, image: PlatformImage, *, seen: Seen | None = None) -> Hook:
    """:func:`ksimage.hook.find.find_hook`, without reading a layer twice."""
    digest = image.descriptor.digest
    known = recall(cache.default(), digest)
    if known is not None:
        log.info("the hook of %s is known", digest)
        return known
    hook = find_hook(source, image, depth="parents", seen=seen)
    remember(cache.default(), digest, hook)
    return hook


def remember(kept: Cache, manifest: str, hook: Hook) -> None:
    """Keep a pristine hook; any other is read anew each time."""
    if not releases.by_hook(hook.sha256):
        return
    content = f"sha256:{hook.sha256}"
    kept.put(content, hook.data)
    note = {
        "sha256": content,
        "mode": hook.mode,
        "uid": hook.uid,
        "gid": hook.gid,
        "layer": hook.layer,
        "parents": [_folder_note(folder) for folder in hook.parents.values()],
        "others": hook.others,
        "unread": hook.unread,
    }
    kept.put_note(_KIND, manifest, json.dumps(note).encode())


def recall(kept: Cache, manifest: str) -> Hook | None:
    """The hook of the image with that manifest digest, when it is a pristine one."""
    data = kept.note(_KIND, manifest)
    if data is None:
        return None
    try:
        note = json.loads(data)
        content = kept.get(note["sha256"])
        mode, uid, gid = (int(note[key]) for key in ("mode", "uid", "gid"))
        layer = str(note["layer"])
        folders = [_folder(entry) for entry in note["parents"]]
        others = tuple(str(path) for path in note["others"])
        unread = int(note["unread"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if content is None:
        return None
    parents = {folder.path: folder for folder in folders}
    hook = Hook(content, mode, uid, gid, layer, parents, others, unread)
    return hook if releases.by_hook(hook.sha256) else None


def _folder_note(folder: LayerFolder) -> JsonObject:
    attributes = {key: value.hex() for key, value in folder.attributes.items()}
    return {**folder._asdict(), "attributes": attributes}


def _folder(note: JsonObject) -> LayerFolder:
    """Raises KeyError, ValueError, TypeError or AttributeError where the note is none of ours."""
    mode, uid, gid, mtime = (int(str(note[key])) for key in ("mode", "uid", "gid", "mtime"))
    attributes = note["attributes"]
    if not isinstance(attributes, dict):
        message = "its attributes are no object"
        raise TypeError(message)
    known = {key: bytes.fromhex(str(value)) for key, value in attributes.items()}
    return LayerFolder(str(note["path"]), mode, uid, gid, mtime, known)
