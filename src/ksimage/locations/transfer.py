"""Copy an image from any place to any other.

Layers go first, four at once; then configs, manifests, and last the tag, so that at any moment the
name is as it was and nothing names what is not there. An index is copied whole.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from typing import NamedTuple, Protocol

from ksimage.errors import MalformedImage, PlatformNeeded, PlatformNotFound, UnsupportedImage
from ksimage.images.manifest import Descriptor, Index, Manifest, parse
from ksimage.images.mediatypes import FOREIGN_LAYERS, INDEX_TYPES, MANIFEST_TYPES
from ksimage.images.platform import matches, near
from ksimage.locations.protocol import Outcome, Source, Target, Transfer
from ksimage.locations.views import Cancelled, OnePlatform, Watched
from ksimage.threads import Threads

JOBS = 4


class Progress(Protocol):
    """Told of every blob. Calls never overlap, though they come from several threads."""

    def start(self, descriptor: Descriptor) -> None:
        """The blob's turn has come; its size is the descriptor's."""

    def advance(self, descriptor: Descriptor, count: int) -> None:
        """``count`` more bytes were read from the source; 0 when it is opened."""

    def done(self, transfer: Transfer) -> None:
        """The target has the blob."""


class CopyResult(NamedTuple):
    """What a copy did.

    Attributes:
        top: what the target's name points to now.
        transfers: one per distinct blob, in the image's order.
        skipped: layers that may not be distributed and stay at their URLs.
    """

    top: Descriptor
    transfers: tuple[Transfer, ...]
    skipped: tuple[Descriptor, ...] = ()

    @property
    def digest(self) -> str:
        """Digest of the manifest or index that was tagged."""
        return self.top.digest

    @property
    def sent(self) -> int:
        """Bytes that went over."""
        return sum(transfer.sent for transfer in self.transfers)


def copy(
    source: Source,
    target: Target,
    *,
    top: Descriptor | None = None,
    jobs: int = JOBS,
    progress: Progress | None = None,
) -> CopyResult:
    """Copy one image.

    Args:
        top: the manifest or index; what the source's name points to when not given. Out of an index
            a target of a single platform takes that one.
        jobs: blobs at once; a target may want fewer (its ``max_jobs``).

    Raises:
        PlatformNeeded, PlatformNotFound, UnsupportedImage, and whatever the two places raise. The
        target's name is then what it was.
    """
    top, data, parsed = _select(source, target, top or source.top())
    images = _images(source, top, data, parsed)
    layers, configs, skipped = _blobs([manifest for _, _, manifest in images])
    jobs = min(jobs, target.max_jobs or jobs)
    transfers = _put_blobs(source, target, layers, configs, jobs, progress)
    if isinstance(parsed, Index):
        for descriptor, child_data, _ in images:
            target.put_manifest(descriptor, child_data)
    target.tag(top, data)
    return CopyResult(top, transfers, skipped)


def mend(source: Source, target: Target, *, top: Descriptor, jobs: int = JOBS) -> int:
    """Put what the target has lost of an image that it lists; how many blobs that were.

    Raises:
        whatever the two places raise.
    """
    top, data, parsed = _select(source, target, top)
    found = [manifest for _, _, manifest in _images(source, top, data, parsed)]
    layers, configs, _ = _blobs(found)
    jobs = min(jobs, target.max_jobs or jobs)
    transfers = _put_blobs(source, target, layers, configs, jobs, None)
    return sum(transfer.outcome is not Outcome.PRESENT for transfer in transfers)


def _images(
    source: Source, top: Descriptor, data: bytes, parsed: Manifest | Index
) -> list[tuple[Descriptor, bytes, Manifest]]:
    if isinstance(parsed, Manifest):
        return [(top, data, parsed)]
    return [_child(source, entry) for entry in parsed.manifests]


def _select(
    source: Source, target: Target, top: Descriptor
) -> tuple[Descriptor, bytes, Manifest | Index]:
    data = source.manifest(top)
    parsed = parse(source.name, data, top.media_type)
    if isinstance(parsed, Manifest):
        return top, data, parsed
    _refuse_nested(source, parsed)
    wanted = target.platform()
    if wanted is None:
        return top, data, parsed
    return _child(source, choose_platform(source.name, target.name, parsed, wanted))


def of_platform(source: Source, target: str, platform: str) -> Source:
    """``source``, but one platform's image out of its index; no index passes as it is.

    Args:
        target: the destination, for messages.

    Raises:
        PlatformNotFound, and whatever the source raises.
    """
    top = source.top()
    parsed = parse(source.name, source.manifest(top), top.media_type)
    if isinstance(parsed, Manifest):
        return source
    return OnePlatform(source, choose_platform(source.name, target, parsed, platform))


def choose_platform(name: str, target: str, index: Index, wanted: str) -> Descriptor:
    """The entry for ``wanted``; for "" the only one.

    Raises:
        PlatformNotFound: there is no such entry.
        PlatformNeeded: several, and none is wanted.
    """
    entries = real_platforms(index)
    present = [str(entry.platform) for entry in entries]
    if not wanted:
        if len(entries) != 1:
            raise PlatformNeeded(target, present)
        return entries[0]
    for entry in entries:
        if entry.platform and matches(entry.platform, wanted):
            return entry
    raise PlatformNotFound(name, wanted, present, near=near(wanted, present))


def real_platforms(index: Index) -> list[Descriptor]:
    """The index's entries that are images to run: no attestations, no artifacts."""
    return [
        entry
        for entry in index.manifests
        if entry.platform is not None
        and entry.platform.os != "unknown"
        and entry.media_type in MANIFEST_TYPES
    ]


def _refuse_nested(source: Source, index: Index) -> None:
    for entry in index.manifests:
        if entry.media_type in INDEX_TYPES:
            raise UnsupportedImage(source.name, f"the index holds another index, {entry.digest}")
        if entry.media_type not in MANIFEST_TYPES:
            raise UnsupportedImage(
                source.name, f"the index holds {entry.digest} of type {entry.media_type!r}"
            )


def _child(source: Source, entry: Descriptor) -> tuple[Descriptor, bytes, Manifest]:
    data = source.manifest(entry)
    parsed = parse(source.name, data, entry.media_type)
    if not isinstance(parsed, Manifest):
        raise MalformedImage(source.name, f"{entry.digest} is announced as a manifest but is none")
    return entry, data, parsed


def _blobs(
    manifests: Sequence[Manifest],
) -> tuple[list[Descriptor], list[Descriptor], tuple[Descriptor, ...]]:
    """Layers and configs, each once; and the layers to skip."""
    layers = [layer for manifest in manifests for layer in manifest.layers]
    # image-spec layer.md: non-distributable layers SHOULD NOT be pushed; they have URLs.
    skipped = [layer for layer in layers if layer.media_type in FOREIGN_LAYERS and layer.urls]
    wanted = {layer.digest: layer for layer in layers if layer not in skipped}
    configs = {manifest.config.digest: manifest.config for manifest in manifests}
    last = [config for digest, config in configs.items() if digest not in wanted]
    return list(wanted.values()), last, tuple({layer.digest: layer for layer in skipped}.values())


def _put_blobs(
    source: Source,
    target: Target,
    layers: Sequence[Descriptor],
    configs: Sequence[Descriptor],
    jobs: int,
    progress: Progress | None,
) -> tuple[Transfer, ...]:
    stop = threading.Event()
    lock = threading.Lock()

    def report(descriptor: Descriptor, count: int) -> None:
        if stop.is_set():
            raise Cancelled
        if progress:
            with lock:
                progress.advance(descriptor, count)

    watched = Watched(source, report)

    def put(descriptor: Descriptor) -> Transfer:
        if stop.is_set():
            raise Cancelled
        if progress:
            with lock:
                progress.start(descriptor)
        transfer = target.put_blob(descriptor, watched)
        if progress:
            with lock:
                progress.done(transfer)
        return transfer

    if jobs <= 1:
        return tuple(put(descriptor) for descriptor in (*layers, *configs))
    # the largest first: one that starts last would have the connections to itself at the end
    ordered = sorted(layers, key=lambda layer: -layer.size)
    done: dict[str, Future[Transfer]] = {}
    with Threads(jobs, "blob") as pool:
        try:
            for batch in (ordered, configs):
                futures = {blob.digest: pool.submit(put, blob) for blob in batch}
                finished, _ = wait(futures.values(), return_when=FIRST_EXCEPTION)
                _raise_first(finished)
                done |= futures
        finally:
            stop.set()  # without effect when all are through
    return tuple(done[blob.digest].result() for blob in (*layers, *configs))


def _raise_first(futures: set[Future[Transfer]]) -> None:
    """The error that stopped the others, not the ones that come of stopping."""
    errors = [future.exception() for future in futures if not future.cancelled()]
    for error in errors:
        if error is not None and not isinstance(error, Cancelled):
            raise error
