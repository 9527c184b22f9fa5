"""What was read before and cannot change: manifests, configs, hooks; small things by digest.

Content is checked by its digest when it is read, so a stale or damaged file costs a request and
nothing else. Layers, credentials and results are never kept.

``KSIMAGE_CACHE_DIR`` names the folder, or ``off``; by default it is ``ksimage`` below
``XDG_CACHE_HOME`` (basedir specification: relative values are ignored). It may be deleted at any
time, and not being able to write it is no error.
"""

from __future__ import annotations

import logging
import os
from functools import lru_cache
from pathlib import Path
from typing import Final

from ksimage.images.digest import DIGEST, sha256
from ksimage.images.manifest import MAX_CONFIG

log = logging.getLogger(__name__)

VARIABLE: Final = "KSIMAGE_CACHE_DIR"
OFF: Final = "off"
# https://bford.info/cachedir/: backup programs leave such folders out.
_TAG: Final = "CACHEDIR.TAG"
_SIGNATURE: Final = b"Signature: 8a477f597d28d172789f06886806bc55\n"


class Cache:
    """Small things by digest, in a folder that is this user's alone. Thread- and process-safe."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, digest: str) -> bytes | None:
        """Content by digest, verified; None when it is not there."""
        data = self.note("blobs", digest)
        return data if data is not None and sha256(data) == digest else None

    def put(self, digest: str, data: bytes) -> None:
        """Keep content that was verified."""
        if len(data) <= MAX_CONFIG:
            self.put_note("blobs", digest, data)

    def note(self, kind: str, digest: str) -> bytes | None:
        """What was noted about a digest, unverified: the caller must be able to."""
        path = self._path(kind, digest)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                data = file.read(MAX_CONFIG + 1)
        except OSError:
            return None
        return data if len(data) <= MAX_CONFIG else None

    def put_note(self, kind: str, digest: str, data: bytes) -> None:
        """Note something about a digest."""
        path = self._path(kind, digest)
        if path is None or self._folder is None:
            return
        import tempfile

        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            tag = self._folder / _TAG
            if not tag.exists():
                tag.write_bytes(_SIGNATURE)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as new:
                new.write(data)
            Path(new.name).replace(path)
        except OSError as error:
            log.debug("nothing is cached in %s: %s", self._folder, error)

    def _path(self, kind: str, digest: str) -> Path | None:
        if self._folder is None or not DIGEST.fullmatch(digest):
            return None
        return self._folder / kind / digest.removeprefix("sha256:")


@lru_cache(maxsize=1)
def default() -> Cache:
    """The cache of this user."""
    given = os.environ.get(VARIABLE, "")
    if given == OFF:
        return Cache(None)
    if given:
        return Cache(Path(given).absolute())
    home = os.environ.get("XDG_CACHE_HOME", "")
    try:
        root = Path(home) if home.startswith("/") else Path.home() / ".cache"
    except RuntimeError:  # no home folder at all
        return Cache(None)
    return Cache(root / "ksimage")
