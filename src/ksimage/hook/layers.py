"""One layer of an image, read for what concerns the hook; and several, one above the other."""

from __future__ import annotations

import hashlib
import posixpath
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ksimage.errors import DigestMismatch
from ksimage.images.compression import decompress
from ksimage.images.layer import MAX_MTIME, OPAQUE, WHITEOUT, LayerFolder, read_layer
from ksimage.images.tar import Kind
from ksimage.threads import feed
from ksimage.upstream import releases
from ksimage.upstream.releases import HOOK_PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ksimage.images.layer import LayerEntry
    from ksimage.images.manifest import Descriptor
    from ksimage.images.tar import Member
    from ksimage.locations.protocol import Source

    Seen = Callable[["Hook"], object]
    """Told of a hook as soon as its bytes are there, before the layer around it is proven."""

    T = TypeVar("T")

MAX_HOOK = 4 << 20  # the largest upstream hook has 33 kB
SMALL_LAYER = 512 << 10  # bytes; threads do not pay off for less
HOOK_PARENTS = ("hooks", "hooks/kubesphere")
UPSTREAMS_OTHERS = ("hooks/kubesphere/schedule.sh",)
"""What upstream ships beside the hook for shell-operator to run: telemetry, once a month."""

_ABOVE = "hooks/"
_ATTRIBUTE = "SCHILY.xattr."
# Of the unpacking file system itself; overlay's "opaque" would hide what is below.
_UNPACKERS = "SCHILY.xattr.trusted."


class Hook(NamedTuple):
    """installRunner.py as it stands in an image.

    Attributes:
        layer: the digest of its layer.
        parents: its two parent directories, by path; those that were found, see
            :func:`ksimage.hook.find.find_hook`.
        others: paths of files that shell-operator would run as well, besides upstream's own.
        unread: how many layers of the image were not looked into for those.
    """

    data: bytes
    mode: int
    uid: int
    gid: int
    layer: str
    parents: Mapping[str, LayerFolder] = MappingProxyType({})
    others: tuple[str, ...] = ()
    unread: int = 0

    @property
    def sha256(self) -> str:
        """Hex digest of the content."""
        return hashlib.sha256(self.data).hexdigest()


class LayerFinding:
    """What one layer has below ``/hooks``.

    Attributes:
        hook: the hook, if it is here.
        problem: why there will be none below, if so.
        parents: entries of its parent directories.
        files: every other path below ``/hooks``, and whether shell-operator would run it.
        hidden: paths that a whiteout deletes from the layers below.
        emptied: directories whose content below is hidden.
    """

    def __init__(self) -> None:
        self.hook: Hook | None = None
        self.problem = ""
        self.parents: dict[str, LayerFolder] = {}
        self.files: dict[str, bool] = {}
        self.hidden: set[str] = set()
        self.emptied: set[str] = set()


class Stack:
    """Layers, put together from the top down."""

    def __init__(self) -> None:
        self.hook: Hook | None = None
        self.parents: dict[str, LayerFolder] = {}
        self._files: dict[str, bool] = {}
        self._hidden: set[str] = set()
        self._emptied: set[str] = set()

    def put_below(self, found: LayerFinding) -> None:
        """Add the next layer below those that were added before."""
        for path, folder in found.parents.items():
            if not self._covered(path):
                self.parents.setdefault(path, folder)
        for path, runs in found.files.items():
            if not self._covered(path):
                self._files.setdefault(path, runs)
        self.hook = self.hook or found.hook
        self._hidden |= found.hidden
        self._emptied |= found.emptied

    @property
    def others(self) -> tuple[str, ...]:
        """What shell-operator would run besides upstream's files."""
        return tuple(
            sorted(p for p, runs in self._files.items() if runs and p not in UPSTREAMS_OTHERS)
        )

    def _covered(self, path: str) -> bool:
        line = lineage(path)
        return any(p in self._hidden for p in line) or any(p in self._emptied for p in line[1:])


def lineage(path: str) -> list[str]:
    """A path and all folders above it, up to the root, which is empty."""
    line = [path]
    while line[-1]:
        line.append(posixpath.dirname(line[-1]))
    return line


def judge(
    entries: Iterator[LayerEntry], *, layer: str, seen: Seen | None, brief: bool
) -> LayerFinding:
    """What a layer's entries say.

    Args:
        entries: of the layer.
        layer: its digest.
        seen: told of what will be the hook if all is well.
        brief: end behind the files below ``/hooks`` when the hook is one that upstream shipped.
    """
    found = LayerFinding()
    known = False
    for entry in entries:
        path, member = entry.path, entry.member
        if known and path not in HOOK_PARENTS and not path.startswith(_ABOVE):
            break  # engines write a directory's entries together, and a file once
        if path == HOOK_PATH:
            if member.kind is Kind.FILE:
                about = (member.mode & 0o7777, member.uid, member.gid)
                found.hook = Hook(member.read(MAX_HOOK), *about, layer)
                if seen is not None:
                    seen(found.hook)
                known = brief and bool(releases.by_hook(found.hook.sha256))
            else:
                found.hook, found.problem = None, f"it is no regular file but a {member.kind.value}"
        elif path in HOOK_PARENTS and member.kind is not Kind.DIRECTORY:
            found.hook = None
            found.problem = f"/{path} is no directory but a {member.kind.value}"
        elif path in HOOK_PARENTS:
            found.parents[path] = folder_of(path, member)
        elif posixpath.basename(path).startswith(WHITEOUT):
            _whiteout(path, found)
        elif path.startswith(_ABOVE) and member.kind is not Kind.DIRECTORY:
            found.files[path] = _runs(path, member)
    return found


def folder_of(path: str, member: Member) -> LayerFolder:
    """What a directory's entry says, without what belongs to the file system it came from."""
    attributes = {
        key: value
        for key, value in member.attributes.items()
        if key.startswith(_ATTRIBUTE) and not key.startswith(_UNPACKERS)
    }
    mode, mtime = member.mode & 0o7777, min(member.mtime, MAX_MTIME)
    return LayerFolder(path, mode, member.uid, member.gid, mtime, attributes)


def _whiteout(path: str, found: LayerFinding) -> None:
    folder, name = posixpath.split(path)
    if name == OPAQUE:
        found.emptied.add(folder)
        hides = folder in ("", *HOOK_PARENTS)
    else:
        gone = posixpath.join(folder, name.removeprefix(WHITEOUT))
        found.hidden.add(gone)
        hides = gone in (*HOOK_PARENTS, HOOK_PATH)
    if hides and found.hook is None:
        found.problem = found.problem or "a later layer deleted it"


def _runs(path: str, member: Member) -> bool:
    """Whether shell-operator takes a file for a hook.

    It walks ``/hooks`` and runs whatever is not hidden and has a bit to execute; the mode of a
    symbolic link has all of them (v1.0.0-beta.5, pkg/utils/file/file.go).
    """
    shown = not any(part.startswith(".") for part in path.split("/"))
    return shown and (member.kind is Kind.SYMBOLIC_LINK or bool(member.mode & 0o111))


def read_entries(
    source: Source, descriptor: Descriptor, diff_id: str, judge: Callable[[Iterator[LayerEntry]], T]
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
        return side_by_side(decompress(name, chunks), read)

    def read(tar: Iterator[bytes]) -> T:
        return judge(entries(tar))

    def entries(tar: Iterator[bytes]) -> Iterator[LayerEntry]:
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


def _hashed(chunks: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
