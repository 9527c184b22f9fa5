"""Manifests, indexes and descriptors of both families (OCI image-spec 1.1, Docker schema 2).

Nothing is normalised away: what a manifest holds beyond the fields named here stays in ``raw``, so
that a derived manifest can keep it. All sizes are bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ksimage.errors import MalformedImage, UnsupportedImage
from ksimage.images.digest import DIGEST
from ksimage.images.documents import JsonObject, JsonView, exact, load_json, shown
from ksimage.images.mediatypes import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    DOCKER_SCHEMA1,
    INDEX_TYPES,
    MANIFEST_TYPES,
    OCI_INDEX,
    OCI_MANIFEST,
)
from ksimage.images.platform import Platform

_KEYS: Final = frozenset(
    {"schemaVersion", "mediaType", "config", "layers", "manifests", "annotations"}
)
_DESCRIPTOR_KEYS: Final = frozenset({"mediaType", "digest", "size", "platform", "urls"})
_PLATFORM_KEYS: Final = frozenset({"os", "architecture", "variant", "os.version"})
_WORD: Final = re.compile(r"[A-Za-z0-9._-]{0,64}")

MAX_MANIFEST: Final = 4 << 20  # registries SHOULD accept 4 MiB (distribution-spec 1.1)
MAX_CONFIG: Final = 8 << 20
MAX_LAYERS: Final = 512
MAX_PLATFORMS: Final = 256


@dataclass(frozen=True)
class Descriptor:
    """A pointer to content: media type, digest, size, and what else was written with it."""

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    urls: tuple[str, ...] = ()
    raw: JsonView = field(default_factory=dict, compare=False, repr=False)

    def to_json(self) -> JsonObject:
        """The descriptor as JSON, unknown fields of ``raw`` kept."""
        document = dict(self.raw)
        document.update(mediaType=self.media_type, digest=self.digest, size=self.size)
        return document


@dataclass(frozen=True)
class Manifest:
    """One platform's image."""

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str]
    raw: JsonView = field(compare=False, repr=False)

    @property
    def is_docker(self) -> bool:
        """True for the Docker family, whose manifests have no annotations."""
        return self.media_type == DOCKER_MANIFEST


@dataclass(frozen=True)
class Index:
    """A multi-platform image (OCI index or Docker manifest list)."""

    media_type: str
    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str]
    raw: JsonView = field(compare=False, repr=False)

    @property
    def is_docker(self) -> bool:
        """True for a Docker manifest list, which has no annotations."""
        return self.media_type == DOCKER_LIST


def parse(name: str, data: bytes, media_type: str | None = None) -> Manifest | Index:
    """Parse a manifest or index. ``media_type`` is what the transport called it, if it did.

    Raises:
        MalformedImage: it breaks its format or a bound.
        UnsupportedImage: schema 1, or a media type that is no image.
    """
    raw = load_json(name, data, MAX_MANIFEST)
    exact(name, raw, _KEYS)
    inner = raw.get("mediaType")
    if raw.get("schemaVersion") == 1 or inner in DOCKER_SCHEMA1:
        raise UnsupportedImage(
            name,
            "it is a Docker schema 1 manifest, which cannot be derived from",
            advice=["convert it: skopeo copy --format v2s2 docker://… docker://…"],
        )
    if raw.get("schemaVersion") != 2:
        raise MalformedImage(name, f"schemaVersion is {shown(raw.get('schemaVersion'))}, not 2")
    kind = inner or media_type
    if (
        inner
        and media_type
        and inner != media_type
        and media_type in (*INDEX_TYPES, *MANIFEST_TYPES)
    ):
        raise MalformedImage(name, f"announced as {media_type} but says {shown(inner)}")
    if kind is None or kind not in (*INDEX_TYPES, *MANIFEST_TYPES):
        kind = _guess(raw, kind, name)
    annotations = _annotations(name, raw.get("annotations"))
    if kind in INDEX_TYPES:
        if "layers" in raw or "config" in raw:
            raise MalformedImage(name, "it is both an index and a manifest")
        entries = _list(name, raw.get("manifests"), "manifests", MAX_PLATFORMS)
        manifests = tuple(descriptor(name, entry) for entry in entries)
        return Index(kind, manifests, annotations, raw)
    if "manifests" in raw:
        raise MalformedImage(name, "it is both an index and a manifest")
    layers = _list(name, raw.get("layers"), "layers", MAX_LAYERS)
    return Manifest(
        kind,
        descriptor(name, raw.get("config")),
        tuple(descriptor(name, layer) for layer in layers),
        annotations,
        raw,
    )


def descriptor(name: str, raw: object) -> Descriptor:
    """A descriptor from its JSON. Raises MalformedImage."""
    if not isinstance(raw, dict):
        raise MalformedImage(name, f"a descriptor is {type(raw).__name__}, not an object")
    exact(name, raw, _DESCRIPTOR_KEYS)
    media_type, digest, size = raw.get("mediaType"), raw.get("digest"), raw.get("size")
    if not isinstance(media_type, str) or len(media_type) > 255:
        raise MalformedImage(name, "a descriptor has no media type")
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise MalformedImage(name, f"{shown(digest)} is not a sha256 digest")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 1 << 50:
        raise MalformedImage(name, f"{shown(size)} is not a size")
    urls = raw.get("urls") or ()
    if not isinstance(urls, (list, tuple)) or not all(isinstance(url, str) for url in urls):
        raise MalformedImage(name, "urls of a descriptor are not a list of strings")
    return Descriptor(
        media_type,
        digest,
        size,
        _platform(name, raw.get("platform")),
        _annotations(name, raw.get("annotations")),
        tuple(urls),
        raw,
    )


def _platform(name: str, raw: object) -> Platform | None:
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise MalformedImage(name, "a platform is not an object")
    exact(name, raw, _PLATFORM_KEYS)
    fields = [raw.get(key, "") for key in ("os", "architecture", "variant", "os.version")]
    return platform(name, *fields)


def platform(name: str, *fields: object) -> Platform:
    """A platform from os, architecture and variant; a fourth word (os.version) is only checked.

    Raises:
        MalformedImage: something else than the words that platforms are named by. They end up in
            Dockerfiles and on terminals.
    """
    words = [value for value in fields if isinstance(value, str) and _WORD.fullmatch(value)]
    if len(words) < len(fields):
        raise MalformedImage(name, f"{shown(fields)} names no platform")
    return Platform(*words[:3])


def _annotations(name: str, raw: object) -> Mapping[str, str]:
    if raw is None:
        return {}
    if not isinstance(raw, dict) or not all(isinstance(value, str) for value in raw.values()):
        raise MalformedImage(name, "annotations are not a map of strings")
    return raw


def _list(name: str, raw: object, what: str, limit: int) -> list[object]:
    if not isinstance(raw, list):
        raise MalformedImage(name, f"{what} is not a list")
    if len(raw) > limit:
        raise MalformedImage(name, f"{len(raw)} {what} (at most {limit} are accepted)")
    return raw


def _guess(raw: JsonView, kind: object, name: str) -> str:
    # mediaType is optional in OCI documents, and servers may answer text/plain.
    if raw.get("mediaType") is None and kind in (None, "", "application/json", "text/plain"):
        if "manifests" in raw:
            return OCI_INDEX
        if "layers" in raw:
            return OCI_MANIFEST
    raise UnsupportedImage(name, f"media type {shown(kind)} is neither an image nor an index")
