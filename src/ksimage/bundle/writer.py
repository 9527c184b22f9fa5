"""Write a bundle: redacted unless told otherwise, with a manifest, whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
import tempfile
import time
from contextlib import closing
from typing import TYPE_CHECKING, Final, NamedTuple, TypedDict

from ksimage.bundle.archive import MANIFEST, TOP
from ksimage.errors import CannotWrite
from ksimage.images.digest import measured
from ksimage.images.tar import header
from ksimage.locations.files.staging import Staged, sweep

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ksimage.bundle.material import Contents
    from ksimage.redact.redactor import Redactor

FORMAT: Final = 1
"""Of the manifest. A reader takes manifests of its own number."""

_SPOOL = 4 << 20


class About(TypedDict, total=False):
    """Who wrote a bundle (the version of ksimage), and of what (words for people)."""

    ksimage: str
    source: str


class FileNote(TypedDict):
    """A file of the bundle: its size and sha256 as it lies there, what was hidden in it.

    ``truncated``: bytes of the whole file, where only a part is there; else 0.
    """

    path: str
    size: int
    sha256: str
    truncated: int
    redactions: int


class Gap(TypedDict):
    """What is not in the bundle, and why."""

    what: str
    why: str


class BundleManifest(About):
    """What MANIFEST.json says; its form is that of FORMAT."""

    format: int
    created: str
    redacted: bool
    missing: list[Gap]
    files: list[FileNote]


class BundleFile(NamedTuple):
    """A bundle that was written.

    Attributes:
        size, sha256: of the file.
        manifest: as it is in the bundle.
    """

    path: Path
    size: int
    sha256: str
    manifest: BundleManifest

    @property
    def redactions(self) -> int:
        """Replacements in all files."""
        return sum(file["redactions"] for file in self.manifest["files"])


def write(
    destination: Path,
    contents: Contents,
    redactor: Redactor | None,
    about: About,
    moment: float,
) -> BundleFile:
    """Write the bundle.

    Args:
        destination: the file; replaced if it exists.
        contents: what goes in.
        redactor: what hides secrets, perhaps knowing some already; None to hide nothing.
        about: further fields of the manifest.
        moment: seconds since 1970, the time of collection.

    Raises:
        CannotWrite: and then there is nothing new at the destination.
        BundleUnusable, CannotRead: what was gathered cannot be read any more.
    """
    if redactor is not None:
        for part in contents.parts():
            redactor.learn(part.pieces)
    sweep(destination.parent)
    try:
        with closing(Staged(destination.parent)) as staged:
            # an unredacted bundle must not be everybody's, nor a weak one
            staged.path.chmod(0o600)
            manifest = _fill(staged, contents, redactor, about, moment)
            staged.file.flush()
            size, sha256 = measured(staged.file)
            staged.commit(destination)
    except OSError as error:
        raise CannotWrite(destination, error) from error
    return BundleFile(destination, size, sha256, manifest)


def _fill(
    staged: Staged,
    contents: Contents,
    redactor: Redactor | None,
    about: About,
    moment: float,
) -> BundleManifest:
    hide = redactor.redacted if redactor else str
    files: list[FileNote] = []
    with gzip.GzipFile(
        filename="", mode="wb", compresslevel=6, fileobj=staged.file, mtime=int(moment)
    ) as zipped:
        for part in contents.parts():
            before = redactor.count if redactor else 0
            pieces = redactor.redact(part.pieces) if redactor else part.pieces
            # Of its path the first part is ours; the rest are names of files, pods and containers.
            top, slash, name = part.path.partition("/")
            path = f"{top}{slash}{redactor.named(name) if redactor else name}"
            size, sha256 = _add(zipped, path, pieces, part.mtime or int(moment))
            files.append(
                {
                    "path": path,
                    "size": size,
                    "sha256": sha256,
                    "truncated": part.truncated,
                    "redactions": (redactor.count - before) if redactor else 0,
                }
            )
        manifest: BundleManifest = {
            "format": FORMAT,
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)),
            "redacted": redactor is not None,
            **about,
            "source": hide(about.get("source", "")),
            "missing": [{"what": hide(what), "why": hide(why)} for what, why in contents.missing()],
            "files": files,
        }
        text = json.dumps(manifest, indent=1, ensure_ascii=True) + "\n"
        _add(zipped, MANIFEST, (text.encode(),), int(moment))
        zipped.write(bytes(2 * tarfile.BLOCKSIZE))
    return manifest


def _add(zipped: gzip.GzipFile, path: str, pieces: Iterable[bytes], mtime: int) -> tuple[int, str]:
    """One member; its size and sha256, which its header needs before its content."""
    digest = hashlib.sha256()
    with tempfile.SpooledTemporaryFile(_SPOOL) as spool:
        for piece in pieces:
            digest.update(piece)
            spool.write(piece)
        size = spool.tell()
        zipped.write(header(f"{TOP}/{path}", size, mtime=mtime))
        spool.seek(0)
        while piece := spool.read(1 << 20):
            zipped.write(piece)
        zipped.write(bytes(-size % tarfile.BLOCKSIZE))
    return size, digest.hexdigest()
