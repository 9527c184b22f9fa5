"""What was gathered for a bundle, kept in a private folder until the bundle is written."""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ksimage.bundle.archive import MANIFEST, Bundle
from ksimage.errors import BundleUnusable, CannotGather, CannotRead
from ksimage.objects import number, objects, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import TracebackType

_READ = 1 << 20


class Part(NamedTuple):
    """One file of a bundle to be.

    Attributes:
        path: in the bundle, relative.
        pieces: the content; to be read once, before the next part is asked for.
        truncated: bytes of the whole, where this is only a part of it; 0 where it is whole.
        mtime: when it was changed last, in seconds since 1970; 0 for what is as old as the bundle.
    """

    path: str
    pieces: Iterable[bytes]
    truncated: int = 0
    mtime: int = 0


class Missing(NamedTuple):
    """What is not in the bundle, or not whole, and why."""

    what: str
    why: str


class Contents(Protocol):
    """What a bundle is written from; its parts are read twice, in the same order."""

    def parts(self) -> Iterator[Part]:
        """All parts, anew with each call."""

    def missing(self) -> list[Missing]:
        """What is not there; complete after a pass over all parts."""


class Material:
    """Contents that are gathered piece by piece, by several threads.

    Raises:
        CannotGather: the private folder cannot be made or filled.
    """

    def __init__(self) -> None:
        try:
            self._folder = Path(tempfile.mkdtemp(prefix="ksimage-collect-"))  # mode 0700
        except OSError as error:
            raise CannotGather(tempfile.gettempdir(), error) from error
        self._lock = threading.Lock()
        self._count = 0
        self._sources: dict[str, Callable[[], Iterator[Part]]] = {}
        self._missing: list[Missing] = []

    def __enter__(self) -> Material:  # noqa: PYI034 - Self came with Python 3.11
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def __len__(self) -> int:
        return len(self._sources)

    def file(self) -> Path:
        """A new path in the private folder, for something to be gathered in."""
        with self._lock:
            self._count += 1
            path = self._folder / str(self._count)
        path.touch(0o600)
        return path

    def add(self, path: str, data: bytes) -> None:
        """Put a file into the bundle. Raises CannotGather."""
        file = self.file()
        try:
            file.write_bytes(data)
        except OSError as error:
            raise CannotGather(file.parent, error) from error
        with self._lock:
            self._sources[path] = lambda: iter((Part(path, _pieces(file)),))

    def add_archive(
        self, what: str, archive: Path, within: tuple[str, ...], truncated: Mapping[str, int]
    ) -> int:
        """Put the files of a tar that nobody vouches for into the bundle.

        Args:
            what: to call it, where it is cut.
            archive: as it came.
            within: the folders (``results/``) that it may fill; other files are passed over.
            truncated: files of which it has only the end, with their whole sizes in bytes.

        Returns:
            How many files of it can be used; those before the first damage.
        """
        bundle, count = Bundle(archive), 0
        try:
            for _ in bundle.entries():
                count += 1
        except BundleUnusable as error:
            # The entry in which the damage lies was counted when it began.
            count = max(0, count - 1)
            self.miss(what, f"after {count} files: {error.why}")

        def parts() -> Iterator[Part]:
            left = count
            if not left:
                return
            for entry in bundle.entries():
                if entry.path.startswith(within):
                    yield Part(
                        entry.path, entry.pieces(), truncated.get(entry.path, 0), entry.mtime
                    )
                left -= 1
                if not left:
                    return

        with self._lock:
            self._sources[what] = parts
        return count

    def miss(self, what: str, why: str) -> None:
        """Say that something is not there, or not whole."""
        with self._lock:
            self._missing.append(Missing(what, why))

    def parts(self) -> Iterator[Part]:
        """All parts, sorted by where they came from. Raises CannotRead, BundleUnusable."""
        for name in sorted(self._sources):
            yield from self._sources[name]()

    def missing(self) -> list[Missing]:
        """What was said to be missing."""
        return sorted(self._missing)


class OldBundle:
    """The contents of a bundle that exists."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._manifest = bundle.manifest() or {}

    @property
    def source(self) -> str:
        """Where the old bundle came from, by its manifest."""
        return str(self._manifest.get("source", "an older bundle"))

    def parts(self) -> Iterator[Part]:
        """All entries but the manifest. Raises BundleUnusable, CannotRead."""
        cut = self._truncated()
        for entry in self._bundle.entries():
            if entry.path != MANIFEST:
                yield Part(entry.path, entry.pieces(), cut.get(entry.path, 0), entry.mtime)

    def missing(self) -> list[Missing]:
        """What the manifest says to be missing."""
        if not self._manifest:
            return [Missing(MANIFEST, "the old bundle had none")]
        found = objects(self._manifest, "missing")
        return [Missing(str(item.get("what")), str(item.get("why"))) for item in found]

    def _truncated(self) -> dict[str, int]:
        files = objects(self._manifest, "files")
        return {text(file, "path"): size for file in files if (size := number(file, "truncated"))}


def _pieces(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as opened:
            while data := opened.read(_READ):
                yield data
    except OSError as error:
        raise CannotRead(file, error) from error
