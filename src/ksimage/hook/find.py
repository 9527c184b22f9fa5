"""The hook in an image, found without unpacking it.

Layers are walked from the top. A layer that upstream's own words say holds something else is not
read (``history``); but when no hook is found that way, or one that upstream never shipped, the
history is not believed and everything above is read as well.

A hook that upstream shipped ends the search, also within its layer, behind the last entry below
``/hooks``. The rest of that layer is still received and hashed, for its digest vouches for the
hook's mode and owner, but it is no longer decompressed, which would take longer than all the rest
of a build.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Literal

from ksimage.errors import HookNotFound
from ksimage.hook import layers
from ksimage.hook.history import cannot_hold_hook, may_add_executable
from ksimage.hook.layers import HOOK_PARENTS, Hook, LayerFinding, Stack
from ksimage.images import config as image_config
from ksimage.images.mediatypes import FOREIGN_LAYERS
from ksimage.upstream import releases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.base.images import PlatformImage
    from ksimage.hook.layers import Seen
    from ksimage.locations.protocol import Source

    Depth = Literal["hook", "parents", "bottom"]
    """How far down layers are read: to the hook; on until both parent directories are known, which
    mostly stand in the hook's layer, and below that what may hold other files below ``/hooks`` by
    its history; or all, for every such file."""

log = logging.getLogger("ksimage.base")


def find_hook(
    source: Source,
    image: PlatformImage,
    *,
    believe_history: bool = True,
    depth: Depth = "hook",
    seen: Seen | None = None,
) -> Hook:
    """The hook of one platform's image.

    Args:
        source, image: the image.
        believe_history: skip layers that the history rules out, and what follows the files below
            ``/hooks`` in the hook's layer, as long as the hook that is found is upstream's.
        depth: how far to read. ``parents`` and ``others`` of the result tell of layers that were
            read; a parent that is in none of them is missing.
        seen: told, in another thread, of what will be the hook if all is well.

    Raises:
        HookNotFound: missing, deleted by a later layer, or no regular file.
        MalformedImage, DigestMismatch: the layers are not what they should be.
    """
    believed = believe_history and depth != "bottom"
    history = image_config.layer_history(image.config) if believed else ()
    known: dict[int, LayerFinding] = {}
    walk = partial(_walk, source, image, known=known, seen=seen, depth=depth)
    try:
        hook = walk(history, brief=believed)
        if not history or releases.by_hook(hook.sha256):
            return hook
    except HookNotFound:
        if not history:
            raise
    log.info("no hook of upstream's: reading the layers that the history rules out as well")
    return walk((), brief=False)


def _walk(
    source: Source,
    image: PlatformImage,
    history: Sequence[str | None],
    *,
    known: dict[int, LayerFinding],
    seen: Seen | None,
    depth: Depth,
    brief: bool,
) -> Hook:
    """From the top layer down; ``known`` remembers what was read, across two walks."""
    stack, enough = Stack(), False
    words = image_config.layer_history(image.config)
    total = len(image.manifest.layers)
    for number in reversed(range(total)):
        if number not in known:
            if history and cannot_hold_hook(history[number]):
                log.debug("layer %s cannot hold the hook: %s", number, history[number])
                continue
            if enough and not may_add_executable(words[number]):
                continue
            known[number] = _read(source, image, number, seen, brief=brief)
        finding = known[number]
        stack.put_below(finding)
        if stack.hook is None and finding.problem:
            raise HookNotFound(source.name, f"{finding.problem} (layer {number + 1} of {total})")
        if stack.hook is not None and depth == "hook":
            break
        enough = (
            stack.hook is not None
            and depth == "parents"
            and len(stack.parents) == len(HOOK_PARENTS)
        )
    if stack.hook is None:
        raise HookNotFound(source.name, "no layer holds that file")
    unread = total - len(known)
    return stack.hook._replace(parents=stack.parents, others=stack.others, unread=unread)


def _read(
    source: Source, image: PlatformImage, number: int, seen: Seen | None, *, brief: bool
) -> LayerFinding:
    descriptor = image.manifest.layers[number]
    if descriptor.media_type in FOREIGN_LAYERS:
        return LayerFinding()  # base layers of Windows images; their bytes live elsewhere
    total = len(image.manifest.layers)
    log.info("reading layer %s/%s (%s bytes)", number + 1, total, descriptor.size)
    diff_id = image_config.diff_ids(image.config)[number]
    judge = partial(layers.judge, layer=descriptor.digest, seen=seen, brief=brief)
    return layers.read_entries(source, descriptor, diff_id, judge)
