"""What the derived image adds to its base: one file, some env, labels. Nothing else.

Both engines read this and only this, so that they make the same image.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final, NamedTuple

import ksimage
from ksimage.derivation import labels as label
from ksimage.derivation.repair import NOTHING
from ksimage.errors import ConfigError
from ksimage.hook.layers import HOOK_PARENTS
from ksimage.images import config as image_config
from ksimage.images.layer import MAX_MTIME, LayerFile, LayerFolder
from ksimage.upstream.releases import HOOK_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.base.images import PlatformImage
    from ksimage.derivation.labels import Provenance
    from ksimage.derivation.repair import Repair
    from ksimage.hook.layers import Hook

VERBOSITY_VARIABLE: Final = "KS_INSTALLER_VERBOSITY"
MAX_VERBOSITY: Final = 5


class Recipe(NamedTuple):
    """One platform's additions.

    Attributes:
        folders: the file's parent directories as the base has them. An added layer needs them, or
            a store that keeps layers apart makes up their owner and mode; a Dockerfile's COPY sees
            to it.
        settings: run settings that replace the base's (``Entrypoint``, ``User`` ...), where a
            broken base is repaired; otherwise empty.
        created: RFC 3339; also the file's mtime.
    """

    file: LayerFile
    folders: tuple[LayerFolder, ...]
    env: Mapping[str, str]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    settings: Mapping[str, object]
    created: str
    created_by: str


def make(
    image: PlatformImage,
    hook: Hook,
    patched: bytes,
    statement: Provenance,
    *,
    verbosity: int,
    base_digest: str,
    epoch: int | None = None,
    repair: Repair = NOTHING,
) -> Recipe:
    """The recipe for one platform.

    Args:
        image, hook: the base.
        patched: the hook after the series.
        statement: what all platforms share.
        verbosity: default of KS_INSTALLER_VERBOSITY, 0 to MAX_VERBOSITY.
        base_digest: the platform's manifest digest, empty when the base has none of its own.
        epoch: SOURCE_DATE_EPOCH; without it the base's ``created`` is used.
        repair: what a broken base gets back.
    """
    said = {
        **statement.said(base_digest),
        **({label.REPAIRED: " ".join(repair.names)} if repair.names else {}),
        label.HOOK_BEFORE: hook.sha256,
        label.HOOK_AFTER: hashlib.sha256(patched).hexdigest(),
    }
    if epoch is None:
        seconds, created = image_config.created(image.config)
    else:
        seconds, created = epoch, image_config.timestamp(epoch)
    names = ", ".join(patch.name for patch in statement.patches)
    mode, mtime = repair.mode or hook.mode, min(seconds, MAX_MTIME)
    return Recipe(
        file=LayerFile(HOOK_PATH, patched, mode, hook.uid, hook.gid, mtime),
        folders=_folders(hook),
        env={**repair.env, VERBOSITY_VARIABLE: str(verbosity), "PYTHONUNBUFFERED": "1"},
        labels=label.made(said, statement.labels, image_config.labels(image.config)),
        annotations=said,
        settings=repair.settings,
        created=created,
        created_by=f"ksimage {ksimage.__version__}: patch /{HOOK_PATH} ({names})",
    )


def _folders(hook: Hook) -> tuple[LayerFolder, ...]:
    """The hook's parents; one that no layer has an entry for is what engines make of it then."""
    return tuple(
        hook.parents.get(path) or LayerFolder(path, 0o755, 0, 0, 0) for path in HOOK_PARENTS
    )


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
