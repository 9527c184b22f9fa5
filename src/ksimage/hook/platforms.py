"""The hooks of a base's platforms, read side by side, with somebody watching."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from ksimage.hook import memory
from ksimage.locations import transfer
from ksimage.locations.views import Cancelled, Watched
from ksimage.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from ksimage.base.images import ImageSet, PlatformImage
    from ksimage.hook.layers import Hook, Seen
    from ksimage.images.manifest import Descriptor
    from ksimage.locations.protocol import Source

    Reading = Callable[[Descriptor, int], object]
    """Told of a layer when it is opened (0) and of the bytes read; calls never overlap."""


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

    find = partial(memory.known_hook, Watched(source, report), seen=seen)
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
