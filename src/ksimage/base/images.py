"""The base image: what a reference points to, platform by platform, manifests and configs alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ksimage.errors import MalformedImage, PlatformNotFound, UnsupportedImage
from ksimage.images import config as image_config
from ksimage.images import manifest as image_manifest
from ksimage.images import mediatypes
from ksimage.images.manifest import Descriptor, Index, Manifest
from ksimage.images.platform import Platform, matches, near

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.images.documents import JsonObject
    from ksimage.locations.protocol import Source


@dataclass(frozen=True)
class PlatformImage:
    """One platform's image: its manifest and config."""

    descriptor: Descriptor
    manifest: Manifest
    config: JsonObject
    platform: Platform


@dataclass(frozen=True)
class ImageSet:
    """What a reference points to: one image, or an index of them.

    ``dropped`` names index entries that cannot be carried over (attestations), ``excluded`` those
    that were not asked for.
    """

    name: str
    top: Descriptor
    index: Index | None
    images: tuple[PlatformImage, ...]
    dropped: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


def read_images(source: Source, platforms: Sequence[str] = ()) -> ImageSet:
    """Read manifests and configs of all platforms, or of those named (``linux/arm64``).

    Raises:
        ImageNotFound, MalformedImage, UnsupportedImage, PlatformNotFound.
    """
    top = source.top()
    parsed = image_manifest.parse(source.name, source.manifest(top), top.media_type)
    if isinstance(parsed, Manifest):
        image = _read_image(source, top, parsed)
        missing = [wanted for wanted in platforms if not _meant(image.platform, wanted)]
        if missing:
            raise _not_found(source.name, missing[0], [str(image.platform)])
        return ImageSet(source.name, top, None, (image,))
    images: list[PlatformImage] = []
    dropped: list[str] = []
    excluded: list[str] = []
    chosen = _choose(source.name, parsed, platforms)
    for entry in parsed.manifests:
        if entry.digest not in chosen:
            (dropped if _is_attestation(entry) else excluded).append(_describe(entry))
            continue
        inner = image_manifest.parse(source.name, source.manifest(entry), entry.media_type)
        if not isinstance(inner, Manifest):
            raise UnsupportedImage(source.name, f"{entry.digest} is an index within an index")
        images.append(_read_image(source, entry, inner))
    return ImageSet(source.name, top, parsed, tuple(images), tuple(dropped), tuple(excluded))


def read_config(source: Source, descriptor: Descriptor) -> bytes:
    """A config's bytes, verified. Raises MalformedImage when it is too large."""
    if descriptor.size > image_manifest.MAX_CONFIG:
        raise MalformedImage(source.name, f"a config of {descriptor.size} bytes")
    with source.blob(descriptor) as chunks:
        return b"".join(chunks)


def _read_image(source: Source, descriptor: Descriptor, manifest: Manifest) -> PlatformImage:
    data = read_config(source, manifest.config)
    config = image_config.parse(source.name, data, len(manifest.layers))
    own = image_manifest.platform(
        source.name, *(config.get(key) or "" for key in ("os", "architecture", "variant"))
    )
    return PlatformImage(descriptor, manifest, config, descriptor.platform or own)


def _choose(name: str, index: Index, platforms: Sequence[str]) -> set[str]:
    candidates: dict[str, Platform] = {}
    for entry in index.manifests:
        if _is_attestation(entry):
            continue
        if entry.media_type in mediatypes.INDEX_TYPES:
            raise UnsupportedImage(name, f"{entry.digest} is an index within an index")
        if entry.media_type not in mediatypes.MANIFEST_TYPES or entry.platform is None:
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
        found = {digest for digest, p in candidates.items() if _meant(p, wanted)}
        if not found:
            raise _not_found(name, wanted, present)
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


def _meant(platform: Platform, wanted: str) -> bool:
    return matches(platform, wanted, variants=True)


def _not_found(name: str, wanted: str, present: Sequence[str]) -> PlatformNotFound:
    return PlatformNotFound(name, wanted, present, near=near(wanted, present))


def _is_attestation(entry: Descriptor) -> bool:
    platform = entry.platform
    return (
        platform is not None and (platform.os, platform.architecture) == ("unknown", "unknown")
    ) or "vnd.docker.reference.type" in entry.annotations


def _describe(entry: Descriptor) -> str:
    what = "attestation" if _is_attestation(entry) else str(entry.platform)
    return f"{what} {entry.digest}"
