"""What the derived image adds to its base: one file, some env, labels. Nothing else.

Both engines read this and only this, so that they make the same image.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import ksimage
from ksimage.errors import ConfigError
from ksimage.hook.layers import HOOK_PARENTS
from ksimage.images import config as image_config
from ksimage.images.layer import MAX_MTIME, LayerFile, LayerFolder
from ksimage.upstream.releases import HOOK_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ksimage.base.images import PlatformImage
    from ksimage.hook.layers import Hook

VERBOSITY_VARIABLE: Final = "KS_INSTALLER_VERBOSITY"
MAX_VERBOSITY: Final = 5

BASE_NAME: Final = "org.opencontainers.image.base.name"
BASE_DIGEST: Final = "org.opencontainers.image.base.digest"
KEY: Final = "io.ksimage."
VERSION: Final = KEY + "version"
RELEASE: Final = KEY + "release"
PATCHES: Final = KEY + "patches"
HOOK_BEFORE: Final = KEY + "hook.before"
HOOK_AFTER: Final = KEY + "hook.after"

_OUR_KEY: Final = re.compile(re.escape(KEY) + r"[a-z0-9.-]+")

# Claims about the base's origin that would be false of the derived image.
_ORIGIN_CLAIMS: Final = tuple(
    "org.opencontainers.image." + key
    for key in ("authors", "documentation", "source", "url", "vendor")
)


class PatchId(NamedTuple):
    """A patch by name and content; prints as ``unquiet@sha256:…``."""

    name: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name}@sha256:{self.sha256}"


@dataclass(frozen=True)
class Identity:
    """What is said of the derived image, the same for every platform.

    ``base_name`` is a fully qualified reference, or empty where the base has none that means
    anything elsewhere (a folder, a file, a daemon).
    """

    release: str
    base_name: str
    patches: tuple[PatchId, ...]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """One platform's additions. ``created`` is RFC 3339 and also the file's mtime.

    ``folders``: the file's parent directories as the base has them. An added layer needs them, or
    a store that keeps layers apart makes up their owner and mode; a Dockerfile's COPY sees to it.
    """

    file: LayerFile
    folders: tuple[LayerFolder, ...]
    env: Mapping[str, str]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    created: str
    created_by: str


def make(
    image: PlatformImage,
    hook: Hook,
    patched: bytes,
    identity: Identity,
    *,
    verbosity: int,
    base_digest: str,
    epoch: int | None = None,
) -> Recipe:
    """The recipe for one platform.

    Args:
        image, hook: the base.
        patched: the hook after the series.
        identity: what all platforms share.
        verbosity: default of KS_INSTALLER_VERBOSITY, 0 to MAX_VERBOSITY.
        base_digest: the platform's manifest digest, empty when the base has none of its own.
        epoch: SOURCE_DATE_EPOCH; without it the base's ``created`` is used.
    """
    said = {
        **identity_of(identity, base_digest),
        HOOK_BEFORE: hook.sha256,
        HOOK_AFTER: _sha256(patched),
    }
    inherited = image_config.labels(image.config)
    blanked = {key: "" for key in _ORIGIN_CLAIMS if inherited.get(key)}
    stale = {
        key: ""
        for key in inherited
        if (_OUR_KEY.fullmatch(key) or key in (BASE_NAME, BASE_DIGEST)) and key not in said
    }
    if epoch is None:
        seconds, created = image_config.created(image.config)
    else:
        seconds, created = epoch, image_config.timestamp(epoch)
    names = ", ".join(patch.name for patch in identity.patches)
    return Recipe(
        file=LayerFile(HOOK_PATH, patched, hook.mode, hook.uid, hook.gid, min(seconds, MAX_MTIME)),
        folders=_folders(hook),
        env={VERBOSITY_VARIABLE: str(verbosity), "PYTHONUNBUFFERED": "1"},
        labels={**blanked, **stale, **said, **identity.labels},
        annotations=said,
        created=created,
        created_by=f"ksimage {ksimage.__version__}: patch /{HOOK_PATH} ({names})",
    )


def _folders(hook: Hook) -> tuple[LayerFolder, ...]:
    """The hook's parents; one that no layer has an entry for is what engines make of it then."""
    return tuple(
        hook.parents.get(path) or LayerFolder(path, 0o755, 0, 0, 0) for path in HOOK_PARENTS
    )


def identity_of(identity: Identity, base_digest: str) -> dict[str, str]:
    """The labels and annotations that hold for one manifest or for the index."""
    said = {
        BASE_NAME: identity.base_name,
        BASE_DIGEST: base_digest,
        VERSION: ksimage.__version__,
        RELEASE: identity.release,
        PATCHES: " ".join(str(patch) for patch in identity.patches),
    }
    return {key: value for key, value in said.items() if value}


def extra_labels(labels: Mapping[str, str], inherited: Mapping[str, str]) -> dict[str, str]:
    """Those of a derived image's labels that come from the settings: neither ours nor its base's.

    Args:
        labels: the derived image's.
        inherited: its base's.
    """

    def left(key: str) -> str | None:
        value = inherited.get(key)
        return "" if value and key in _ORIGIN_CLAIMS else value

    return {
        key: value
        for key, value in labels.items()
        if value != left(key)
        and not _OUR_KEY.fullmatch(key)
        and key not in (BASE_NAME, BASE_DIGEST)
    }


def source_date_epoch(environ: Mapping[str, str] = os.environ) -> int | None:
    """SOURCE_DATE_EPOCH in seconds, or None when unset (reproducible-builds.org, spec 1.1).

    Raises:
        ConfigError: it is no ASCII integer that fits a tar header.
    """
    text = environ.get("SOURCE_DATE_EPOCH", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:16]) <= MAX_MTIME):
        raise ConfigError(
            f"SOURCE_DATE_EPOCH is {text[:40]!r}",
            why="it must be a whole number of seconds since 1970",
            advice=[
                "export SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)",
                "unset SOURCE_DATE_EPOCH",
            ],
        )
    return int(text)


def parse_patches(label: str) -> tuple[PatchId, ...]:
    """The patches named by a PATCHES label; malformed words are left out."""
    found: Sequence[tuple[str, str, str]] = [w.partition("@sha256:") for w in label.split()]
    return tuple(PatchId(name, digest) for name, at, digest in found if at)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
