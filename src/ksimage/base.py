"""The base image: its platforms, and the pristine hook in each, found without unpacking.

Layers are walked from the top. A layer whose history says that it cannot hold the hook (ADD or COPY
to another place) is not read; but when no hook is found that way, or one that upstream never
shipped, the history is not believed and everything above is read as well.
"""

from __future__ import annotations

import hashlib
import json
import logging
import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ksimage import releases
from ksimage.errors import (
    DigestMismatch,
    HookNotFound,
    MalformedImage,
    PlatformNotFound,
    UnsupportedImage,
)
from ksimage.images import config as image_config
from ksimage.images import manifest as image_manifest
from ksimage.images.compression import decompress
from ksimage.images.layer import OPAQUE, WHITEOUT, read_layer
from ksimage.images.manifest import FOREIGN_LAYERS, Descriptor, Index, Manifest, Platform
from ksimage.images.tar import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ksimage.images.layer import Entry
    from ksimage.locations.protocol import Source

log = logging.getLogger("ksimage.base")

HOOK_PATH = "hooks/kubesphere/installRunner.py"
MAX_HOOK = 4 << 20  # the largest upstream hook has 33 kB

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


@dataclass(frozen=True)
class PlatformImage:
    """One platform's image: its manifest, config and (when asked for) hook."""

    descriptor: Descriptor
    manifest: Manifest
    config: Mapping[str, Any]
    config_data: bytes
    platform: Platform


@dataclass(frozen=True)
class ImageSet:
    """What a reference points to: one image, or an index of them.

    ``dropped`` names index entries that cannot be carried over (attestations), or were not asked
    for.
    """

    name: str
    top: Descriptor
    index: Index | None
    images: tuple[PlatformImage, ...]
    dropped: tuple[str, ...] = ()


def read_images(source: Source, platforms: Sequence[str] = ()) -> ImageSet:
    """Read manifests and configs of all platforms, or of those named (``linux/arm64``).

    Raises:
        ImageNotFound, MalformedImage, UnsupportedImage, PlatformNotFound.
    """
    top = source.top()
    parsed = image_manifest.parse(source.name, source.manifest(top), top.media_type)
    if isinstance(parsed, Manifest):
        image = _read_image(source, top, parsed)
        missing = [wanted for wanted in platforms if not _matches(image.platform, wanted)]
        if missing:
            raise PlatformNotFound(source.name, missing[0], [str(image.platform)])
        return ImageSet(source.name, top, None, (image,))
    images, dropped = [], []
    chosen = _choose(source.name, parsed, platforms)
    for entry in parsed.manifests:
        if entry.digest not in chosen:
            dropped.append(_describe(entry))
            continue
        inner = image_manifest.parse(source.name, source.manifest(entry), entry.media_type)
        if not isinstance(inner, Manifest):
            raise UnsupportedImage(source.name, f"{entry.digest} is an index within an index")
        images.append(_read_image(source, entry, inner))
    return ImageSet(source.name, top, parsed, tuple(images), tuple(dropped))


def find_hook(source: Source, image: PlatformImage, *, believe_history: bool = True) -> Hook:
    """The hook of one platform's image.

    Args:
        source, image: the image.
        believe_history: skip layers that the history rules out, as long as the hook that is found
            is upstream's.

    Raises:
        HookNotFound: missing, deleted by a later layer, or no regular file.
        MalformedImage, DigestMismatch: the layers are not what they should be.
    """
    history = image_config.layer_history(image.config) if believe_history else ()
    seen: dict[int, Hook | None] = {}
    try:
        hook = _walk(source, image, history, seen)
        if not history or releases.by_hook(hook.sha256):
            return hook
    except HookNotFound:
        if not history:
            raise
    log.info("no hook of upstream's: reading the layers that the history rules out as well")
    return _walk(source, image, (), seen)


def read_config(source: Source, descriptor: Descriptor) -> bytes:
    """A config's bytes, verified. Raises MalformedImage when it is too large."""
    if descriptor.size > image_manifest.MAX_CONFIG:
        raise MalformedImage(source.name, f"a config of {descriptor.size} bytes")
    with source.blob(descriptor) as chunks:
        return b"".join(chunks)


def read_entries(source: Source, descriptor: Descriptor, diff_id: str) -> Iterator[Entry]:
    """The entries of one layer; exhausting them proves digest, size and diff ID."""
    name = source.name
    digest = hashlib.sha256()
    with source.blob(descriptor) as chunks:
        tar = decompress(name, chunks, descriptor.size)
        yield from read_layer(name, _hashed(tar, digest))
    actual = f"sha256:{digest.hexdigest()}"
    if actual != diff_id:
        raise DigestMismatch(name, f"diff ID {diff_id}", actual)


def _hashed(chunks: Iterable[bytes], digest: Any) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _read_image(source: Source, descriptor: Descriptor, manifest: Manifest) -> PlatformImage:
    data = read_config(source, manifest.config)
    config = image_config.parse(source.name, data, len(manifest.layers))
    own = image_manifest.platform(
        source.name, *(config.get(key) or "" for key in ("os", "architecture", "variant"))
    )
    return PlatformImage(descriptor, manifest, config, data, descriptor.platform or own)


def _choose(name: str, index: Index, platforms: Sequence[str]) -> set[str]:
    candidates: dict[str, Platform] = {}
    for entry in index.manifests:
        if _is_attestation(entry):
            continue
        if entry.media_type in image_manifest.INDEX_TYPES:
            raise UnsupportedImage(name, f"{entry.digest} is an index within an index")
        if entry.media_type not in image_manifest.MANIFEST_TYPES or entry.platform is None:
            raise UnsupportedImage(
                name,
                f"index entry {entry.digest} ({entry.media_type}) is no platform's image",
                advice=["name the platform's image itself: REPOSITORY@sha256:…"],
            )
        if entry.digest in candidates:
            raise MalformedImage(name, f"its index lists {entry.digest} twice")
        candidates[entry.digest] = entry.platform
    present = [str(platform) for platform in candidates.values()]
    if not candidates:
        raise PlatformNotFound(name, "at all", present)
    chosen = set() if platforms else set(candidates)
    for wanted in platforms:
        found = {digest for digest, p in candidates.items() if _matches(p, wanted)}
        if not found:
            raise PlatformNotFound(name, wanted, present)
        chosen |= found
    normal = [candidates[digest].normal for digest in chosen]
    for platform in normal:
        if normal.count(platform) > 1:
            raise UnsupportedImage(
                name,
                f"its index has more than one image for {platform}",
                advice=["name the platform's image itself: REPOSITORY@sha256:…"],
            )
    return chosen


def _matches(platform: Platform, wanted: str) -> bool:
    """``linux/arm`` matches every variant, ``linux/arm64`` also ``linux/arm64/v8``."""
    return str(platform) == wanted or str(platform).startswith(wanted + "/")


def _is_attestation(entry: Descriptor) -> bool:
    platform = entry.platform
    return (
        platform is not None and (platform.os, platform.architecture) == ("unknown", "unknown")
    ) or "vnd.docker.reference.type" in entry.annotations


def _describe(entry: Descriptor) -> str:
    what = "attestation" if _is_attestation(entry) else str(entry.platform)
    return f"{what} {entry.digest}"


def _walk(
    source: Source,
    image: PlatformImage,
    history: Sequence[str | None],
    seen: dict[int, Hook | None],
) -> Hook:
    """From the top layer down; ``seen`` remembers what was read, across two walks."""
    layers = image.manifest.layers
    for number in reversed(range(len(layers))):
        if number not in seen:
            if history and not can_hold_hook(history[number]):
                log.debug("layer %s cannot hold the hook: %s", number, history[number])
                continue
            seen[number] = _search(source, image, number)
        hook = seen[number]
        if hook is not None:
            return hook
    raise HookNotFound(source.name, "no layer holds that file")


def _search(source: Source, image: PlatformImage, number: int) -> Hook | None:
    descriptor = image.manifest.layers[number]
    if descriptor.media_type in FOREIGN_LAYERS:
        return None  # base layers of Windows images; their bytes live elsewhere
    log.info(
        "reading layer %s/%s (%s bytes)", number + 1, len(image.manifest.layers), descriptor.size
    )
    hook: Hook | None = None
    parents: dict[str, tuple[int, int, int]] = {}
    problem = ""
    diff_id = image.config["rootfs"]["diff_ids"][number]
    for entry in read_entries(source, descriptor, diff_id):
        member = entry.member
        about = (member.mode & 0o7777, member.uid, member.gid)
        if entry.path == HOOK_PATH:
            if member.kind is Kind.FILE:
                hook = Hook(member.read(MAX_HOOK), *about, descriptor.digest, parents)
            else:
                hook, problem = None, f"it is no regular file but a {member.kind.value}"
        elif entry.path in HOOK_PARENTS:
            parents[entry.path] = about
            if member.kind is not Kind.DIRECTORY:
                what = f"/{entry.path} is no directory but a {member.kind.value}"
                hook, problem = None, what
        elif entry.path in _HIDING and hook is None:
            problem = problem or "a later layer deleted it"
    if hook is None and problem:
        raise HookNotFound(
            source.name, f"{problem} (layer {number + 1} of {len(image.manifest.layers)})"
        )
    return hook


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
