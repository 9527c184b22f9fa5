"""The base image: what a reference points to, platform by platform, manifests and configs alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

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


ZSTD = "io.github.containers.compression.zstd"
"""An index's annotation for the zstd twin of an image (containers/image, ``--add-compression``)."""
_ARTIFACTS = {
    "application/vnd.cncf.helm.config.v1+json": "a Helm chart",
    "application/vnd.oci.empty.v1+json": "an artifact without a config",
    "application/vnd.wasm.config.v0+json": "a WebAssembly module",
}


class PlatformImage(NamedTuple):
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
        return ImageSet(top, None, (image,))
    images: list[PlatformImage] = []
    dropped: list[str] = []
    excluded: list[str] = []
    chosen = _choose(source.name, parsed, platforms)
    for entry in parsed.manifests:
        if entry.digest not in chosen:
            kept = not _is_attestation(entry) and entry.annotations.get(ZSTD) != "true"
            (excluded if kept else dropped).append(_describe(entry))
            continue
        inner = image_manifest.parse(source.name, source.manifest(entry), entry.media_type)
        if not isinstance(inner, Manifest):
            raise UnsupportedImage(source.name, f"{entry.digest} is an index within an index")
        images.append(_read_image(source, entry, inner))
    return ImageSet(top, parsed, tuple(images), tuple(dropped), tuple(excluded))


def read_config(source: Source, descriptor: Descriptor) -> bytes:
    """A config's bytes, verified. Raises MalformedImage when it is too large."""
    if descriptor.size > image_manifest.MAX_CONFIG:
        raise MalformedImage(source.name, f"a config of {descriptor.size} bytes")
    with source.blob(descriptor) as chunks:
        return b"".join(chunks)


def _read_image(source: Source, descriptor: Descriptor, manifest: Manifest) -> PlatformImage:
    data = read_config(source, manifest.config)
    try:
        config = image_config.parse(source.name, data, len(manifest.layers))
    except MalformedImage as error:
        kind = manifest.config.media_type
        if kind in (mediatypes.OCI_CONFIG, mediatypes.DOCKER_CONFIG):
            raise
        what = _ARTIFACTS.get(kind, f"an artifact with a config of type {kind[:80]!r}")
        raise UnsupportedImage(
            source.name,
            f"it is {what}, and no image",
            advice=["name the installer's image: HOST/PROJECT/ks-installer:RELEASE"],
        ) from error
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
            others = [e for e in index.manifests if e.platform and e is not entry]
            raise UnsupportedImage(
                name,
                f"its index holds {entry.digest} of type {entry.media_type[:80]!r}, which is no"
                " platform's image: an artifact beside images cannot be carried over",
                advice=_each(name, others),
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
    for platform in dict.fromkeys(candidates[digest].normal for digest in candidates):
        alike = [e for e in index.manifests if e.digest in chosen and _is_of(e, platform)]
        plain = [entry for entry in alike if entry.annotations.get(ZSTD) != "true"]
        if len(plain) == 1:
            chosen -= {entry.digest for entry in alike} - {plain[0].digest}
        elif len(alike) > 1:
            raise UnsupportedImage(
                name, f"its index has {len(alike)} images for {platform}", advice=_each(name, alike)
            )
    return chosen


def _is_of(entry: Descriptor, platform: str) -> bool:
    return entry.platform is not None and entry.platform.normal == platform


def _each(name: str, entries: Sequence[Descriptor]) -> list[str]:
    """Each of an index's images by a name of its own."""
    bare = name.partition("@")[0]
    if bare.startswith(("oci:", "oci-archive:")):  # by digest, REF is no part of the name
        bare = ":".join(bare.split(":")[:2])
    return [
        "name one image of it:",
        *(f"  {bare}@{entry.digest}  ({entry.platform})" for entry in entries[:10]),
    ]


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
    if entry.annotations.get(ZSTD) == "true":
        what = f"the zstd twin of {what}"
    return f"{what} {entry.digest}"
