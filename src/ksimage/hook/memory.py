"""The hook of an image that was read before, remembered by the manifest's digest.

Otherwise a second build of a release reads the hook's layer again, some 50 MB a platform, only to
say "up to date". Only hooks that upstream shipped are remembered: their sha256 is in ``releases``,
so what comes out of the cache is proven by more than the cache.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from ksimage import cache
from ksimage.hook.find import Hook
from ksimage.hook.find import find_hook as read_hook
from ksimage.upstream import releases

if TYPE_CHECKING:
    from ksimage.base.images import PlatformImage
    from ksimage.cache import Cache
    from ksimage.hook.find import Seen
    from ksimage.locations.protocol import Source

log = logging.getLogger("ksimage.base")

_KIND = "hooks"


def find_hook(source: Source, image: PlatformImage, *, seen: Seen | None = None) -> Hook:
    """:func:`ksimage.hook.find_hook`, without reading a layer twice."""
    digest = image.descriptor.digest
    known = recall(cache.default(), digest)
    if known is not None:
        log.info("the hook of %s is known", digest)
        return known
    hook = read_hook(source, image, seen=seen)
    remember(cache.default(), digest, hook)
    return hook


def remember(kept: Cache, manifest: str, hook: Hook) -> None:
    """Keep a pristine hook; any other is read anew each time."""
    if not releases.by_hook(hook.sha256):
        return
    content = f"sha256:{hook.sha256}"
    kept.put(content, hook.data)
    note = {"sha256": content, "mode": hook.mode, "uid": hook.uid, "gid": hook.gid}
    kept.put_note(_KIND, manifest, json.dumps({**note, "layer": hook.layer}).encode())


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
    except (ValueError, KeyError, TypeError):
        return None
    if content is None:
        return None
    hook = Hook(content, mode, uid, gid, layer)
    return hook if releases.by_hook(hook.sha256) else None
