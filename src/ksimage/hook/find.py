"""The hook in an image, found without unpacking it.

Layers are walked from the top. A layer whose history says that it cannot hold the hook (ADD or COPY
to another place) is not read; but when no hook is found that way, or one that upstream never
shipped, the history is not believed and everything above is read as well.

A hook that upstream shipped ends the search, also within its layer: engines write a file once. The
rest of that layer is still received and hashed, for its digest vouches for the hook's mode and
owner, but it is no longer decompressed, which would take longer than all the rest of a build.
"""

from __future__ import annotations

import hashlib
import json
import logging
import posixpath
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ksimage.errors import DigestMismatch, HookNotFound
from ksimage.images import config as image_config
from ksimage.images.compression import decompress
from ksimage.images.layer import OPAQUE, WHITEOUT, read_layer
from ksimage.images.mediatypes import FOREIGN_LAYERS
from ksimage.images.tar import Kind
from ksimage.pipeline import feed
from ksimage.upstream import releases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ksimage.base.images import PlatformImage
    from ksimage.images.layer import Entry
    from ksimage.images.manifest import Descriptor
    from ksimage.locations.protocol import Source

    Seen = Callable[["Hook"], object]
    """Told of a hook as soon as its bytes are there, before the layer around it is proven."""

    T = TypeVar("T")

log = logging.getLogger("ksimage.base")

HOOK_PATH = "hooks/kubesphere/installRunner.py"
MAX_HOOK = 4 << 20  # the largest upstream hook has 33 kB
SMALL_LAYER = 512 << 10  # bytes; threads do not pay off for less

HOOK_PARENTS = tuple(posixpath.join(*HOOK_PATH.split("/")[:n]) for n in (1, 2))
_HIDING = frozenset(
    {
        *(f"{posixpath.dirname(path)}/{WHITEOUT}{posixpath.basename(path)}".lstrip("/")
          for path in (*HOOK_PARENTS, HOOK_PATH)),
        OPAQUE,
        *(f"{path}/{OPAQUE}" for path in HOOK_PARENTS),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Hook:
    """installRunner.py as it stands in an image.

    ``layer`` is the digest of its layer; ``parents`` has mode, uid and gid of those of its parent
    directories that stand in the same layer.
    """

    data: bytes
    mode: int
    uid: int
    gid: int
    layer: str
    parents: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Hex digest of the content."""
        return hashlib.sha256(self.data).hexdigest()


def find_hook(
    source: Source,
    image: PlatformImage,
    *,
    believe_history: bool = True,
    seen: Seen | None = None,
) -> Hook:
    """The hook of one platform's image.

    Args:
        source, image: the image.
        believe_history: skip layers that the history rules out, and what follows the hook in its
            layer, as long as the hook that is found is upstream's.
        seen: told, in another thread, of what will be the hook if all is well.

    Raises:
        HookNotFound: missing, deleted by a later layer, or no regular file.
        MalformedImage, DigestMismatch: the layers are not what they should be.
    """
    history = image_config.layer_history(image.config) if believe_history else ()
    layers: dict[int, Hook | None] = {}
    try:
        hook = _walk(source, image, history, layers, seen, brief=believe_history)
        if not history or releases.by_hook(hook.sha256):
            return hook
    except HookNotFound:
        if not history:
            raise
    log.info("no hook of upstream's: reading the layers that the history rules out as well")
    return _walk(source, image, (), layers, seen, brief=False)


def read_entries(
    source: Source, descriptor: Descriptor, diff_id: str, judge: Callable[[Iterator[Entry]], T]
) -> T:
    """What ``judge`` makes of a layer's entries, once digest and size are proven.

    The diff ID is proven as well where ``judge`` reads all entries. Where it does not, the rest of
    the layer is received, but no longer decompressed.

    The network, decompression and ``judge`` with the hashing each have a thread where the layer is
    large. ``judge`` must not believe what it sees before this returns.
    """
    name = source.name
    digest = hashlib.sha256()
    ended = False

    def unpacked(chunks: Iterator[bytes]) -> T:
        return side_by_side(decompress(name, chunks, descriptor.size), read)

    def read(tar: Iterator[bytes]) -> T:
        return judge(entries(tar))

    def entries(tar: Iterator[bytes]) -> Iterator[Entry]:
        nonlocal ended
        yield from read_layer(name, _hashed(tar, digest))
        ended = True

    side_by_side = feed if descriptor.size > SMALL_LAYER else _at_once
    with source.blob(descriptor) as chunks:
        judged = side_by_side(chunks, unpacked)
        for _ in chunks:
            pass
    actual = f"sha256:{digest.hexdigest()}"
    if ended and actual != diff_id:
        raise DigestMismatch(name, f"diff ID {diff_id}", actual)
    return judged


def _at_once(items: Iterable[bytes], consume: Callable[[Iterator[bytes]], T]) -> T:
    return consume(iter(items))


def _hashed(chunks: Iterable[bytes], digest: Any) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _walk(
    source: Source,
    image: PlatformImage,
    history: Sequence[str | None],
    known: dict[int, Hook | None],
    seen: Seen | None,
    *,
    brief: bool,
) -> Hook:
    """From the top layer down; ``known`` remembers what was read, across two walks."""
    for number in reversed(range(len(image.manifest.layers))):
        if number not in known:
            if history and not can_hold_hook(history[number]):
                log.debug("layer %s cannot hold the hook: %s", number, history[number])
                continue
            known[number] = _search(source, image, number, seen, brief=brief)
        hook = known[number]
        if hook is not None:
            return hook
    raise HookNotFound(source.name, "no layer holds that file")


def _search(
    source: Source, image: PlatformImage, number: int, seen: Seen | None, *, brief: bool
) -> Hook | None:
    descriptor = image.manifest.layers[number]
    total = len(image.manifest.layers)
    if descriptor.media_type in FOREIGN_LAYERS:
        return None  # base layers of Windows images; their bytes live elsewhere
    log.info("reading layer %s/%s (%s bytes)", number + 1, total, descriptor.size)
    diff_id = image.config["rootfs"]["diff_ids"][number]
    judge = partial(_judge, layer=descriptor.digest, seen=seen, brief=brief)
    hook, problem = read_entries(source, descriptor, diff_id, judge)
    if hook is None and problem:
        raise HookNotFound(source.name, f"{problem} (layer {number + 1} of {total})")
    return hook


def _judge(
    entries: Iterator[Entry], *, layer: str, seen: Seen | None, brief: bool
) -> tuple[Hook | None, str]:
    """The hook in one layer, or why there will be none; ``brief`` ends with one of upstream's."""
    hook: Hook | None = None
    parents: dict[str, tuple[int, int, int]] = {}
    problem = ""
    for entry in entries:
        member = entry.member
        about = (member.mode & 0o7777, member.uid, member.gid)
        if entry.path == HOOK_PATH:
            if member.kind is Kind.FILE:
                hook = Hook(member.read(MAX_HOOK), *about, layer, parents)
                if seen is not None:
                    seen(hook)
                if brief and releases.by_hook(hook.sha256):
                    break
            else:
                hook, problem = None, f"it is no regular file but a {member.kind.value}"
        elif entry.path in HOOK_PARENTS:
            parents[entry.path] = about
            if member.kind is not Kind.DIRECTORY:
                what = f"/{entry.path} is no directory but a {member.kind.value}"
                hook, problem = None, what
        elif entry.path in _HIDING and hook is None:
            problem = problem or "a later layer deleted it"
    return hook, problem


_CLASSIC = re.compile(
    r"(?:/bin/sh -c )?#\(nop\)\s+(?:ADD|COPY)\s+(?:\S+:[0-9a-f]+ in|.* in) (\S+)\s*"
)
_BUILDKIT = re.compile(r"(?:ADD|COPY) (.+) # buildkit\s*")


def can_hold_hook(created_by: str | None) -> bool:
    """False only when a history entry is an ADD or COPY to a place where the hook is not.

    Forms: the classic builder's ``/bin/sh -c #(nop) ADD dir:… in /dest`` (also buildah's), and
    BuildKit's ``COPY src dest # buildkit``. Anything else, RUN above all, may hold it.
    """
    if created_by is None:
        return True
    destination = _destination(created_by.strip())
    if not destination.startswith("/") or any(sign in destination for sign in "$\\\"'*?["):
        return True  # unknown, relative to a working directory, or not what it seems
    path = posixpath.normpath("/" + destination.lstrip("/"))
    hook = "/" + HOOK_PATH
    return path == hook or hook.startswith(path.rstrip("/") + "/") or ".." in destination


def _destination(text: str) -> str:
    if match := _CLASSIC.fullmatch(text):
        return match[1]
    if match := _BUILDKIT.fullmatch(text):
        arguments = match[1].strip()
        if arguments.endswith("]"):
            try:
                words = json.loads(arguments[arguments.index("[") :])
                return str(words[-1])
            except (ValueError, IndexError):
                return ""
        return arguments.split()[-1]
    return ""
