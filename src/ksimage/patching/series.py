"""Which patches, in which order: quilt series files, patch directories, selection by name.

The only module of the package that reads files. A directory holds ``series`` (on by default), may
hold ``series.optional`` (off unless named) and the patch files that they list; a patch file that
neither of them lists is an error, because a forgotten line would leave a patch out silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from ksimage import resources
from ksimage.errors import (
    FileError,
    PatchExcluded,
    PatchNameTaken,
    SeriesEntryMissing,
    SeriesMissing,
    SeriesStrayPatch,
    UnknownPatch,
    WithAndWithout,
)
from ksimage.patching import dep3, unified
from ksimage.patching.listing import MAX_SERIES, SUFFIXES, parse_series, patch_name
from ksimage.text import similar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ksimage.patching.dep3 import PatchHeader
    from ksimage.patching.model import Patch
    from ksimage.upstream.releases import Release

DEFAULT, OPTIONAL = "series", "series.optional"


class SeriesPatch(NamedTuple):
    """A patch as a member of a series.

    Attributes:
        name: the file name without its suffix; with its directory when it lies in one.
        path: of the patch file.
        patch: the parsed diff.
        header: the parsed header.
        default: listed in ``series``, so applied unless excluded.
    """

    name: str
    path: Path
    patch: Patch
    header: PatchHeader
    default: bool

    @property
    def sha256(self) -> str:
        """Digest of the patch file, hexadecimal."""
        return self.patch.sha256


@dataclass(frozen=True)
class Series:
    """All patches that can be chosen from: those on by default first, each part in its order."""

    patches: tuple[SeriesPatch, ...]

    def __iter__(self) -> Iterator[SeriesPatch]:
        return iter(self.patches)

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(patch.name for patch in self.patches)

    def find(self, name: str) -> SeriesPatch:
        """The patch of that name; ``.patch`` at its end is forgiven.

        Raises:
            UnknownPatch: there is none; it names the nearest.
        """
        wanted = patch_name(name.strip())
        for patch in self.patches:
            if patch.name == wanted:
                return patch
        near = similar(wanted, self.names)
        raise UnknownPatch(name, near, self.names)


class Skipped(NamedTuple):
    """A patch that is on by default but was left out, and why."""

    patch: SeriesPatch
    reason: str


class Selection(NamedTuple):
    """What to apply, in order, and what the release's exclusion left out."""

    patches: tuple[SeriesPatch, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def texts(self) -> tuple[Patch, ...]:
        """The parsed diffs, for :func:`ksimage.patching.apply.apply_series`."""
        return tuple(patch.patch for patch in self.patches)


def load(directory: Path) -> Series:
    """Read a patch directory.

    Raises:
        SeriesMissing: there is no ``series`` file.
        SeriesMalformed, SeriesEntryMissing, SeriesStrayPatch, PatchNameTaken: the set is
            inconsistent.
        PatchMalformed, PatchForbidden: a patch file is unusable.
        FileError: a file cannot be read.
    """
    if not (directory / DEFAULT).is_file():
        raise SeriesMissing(str(directory))
    patches: list[SeriesPatch] = []
    listed: set[Path] = set()
    for file_name, default in ((DEFAULT, True), (OPTIONAL, False)):
        series_file = directory / file_name
        if not default and not series_file.exists():
            continue
        for entry in parse_series(_read(series_file, MAX_SERIES), str(series_file)):
            path = directory / entry.file_name
            if not path.is_file():
                raise SeriesEntryMissing(entry.file_name, path=str(series_file), line=entry.line)
            name = patch_name(entry.file_name)
            _require_new(name, patches, series_file, entry.line)
            listed.add(path)
            loaded = _load_patch(path, name, entry.strip, default, required=True)
            origin: Literal["shipped", "series"] = "shipped" if is_shipped(path) else "series"
            patches.append(loaded._replace(patch=loaded.patch._replace(origin=origin)))
    strays = sorted(
        str(path.relative_to(directory)) for path in _patch_files(directory) if path not in listed
    )
    if strays:
        raise SeriesStrayPatch(str(directory), strays)
    return Series(tuple(patches))


def is_shipped(path: Path) -> bool:
    """Whether a file is one of those that come with ksimage, however it is named."""
    try:
        return path.resolve().is_relative_to(resources.path("patches").resolve())
    except OSError:
        return False


def load_file(path: Path) -> SeriesPatch:
    """Read a single patch file, which needs no header.

    Raises:
        PatchMalformed, PatchForbidden: it is unusable.
        FileError: it cannot be read.
    """
    return _load_patch(path, patch_name(path.name), 1, False, required=False)


def combine(first: Series, own: Series) -> Series:
    """One series out of two: the defaults of both, then the optional patches of both.

    Raises:
        PatchNameTaken: both have a patch of the same name.
    """
    for patch in own:
        _require_new(patch.name, first, patch.path)
    both = (*first, *own)
    return Series((*(p for p in both if p.default), *(p for p in both if not p.default)))


def select(
    series: Series,
    with_: Iterable[str] = (),
    without: Iterable[str] = (),
    extra_files: Sequence[Path] = (),
    release: Release | None = None,
) -> Selection:
    """Choose what to apply: the defaults, plus ``with_``, minus ``without``, then extra files.

    A default patch whose header excludes the release is left out and reported; one that was asked
    for by name or as a file is refused instead. Without a release nothing is excluded.

    Raises:
        UnknownPatch: a name is not in the series.
        WithAndWithout: a name is in both lists.
        PatchExcluded: a patch asked for excludes the release.
        PatchNameTaken: an extra file has the name of another patch.
        PatchMalformed, PatchForbidden, FileError: an extra file is unusable.
    """
    wanted = {series.find(name).name for name in with_}
    unwanted = {series.find(name).name for name in without}
    for name in sorted(wanted & unwanted):
        raise WithAndWithout(name)
    chosen: list[SeriesPatch] = []
    skipped: list[Skipped] = []
    for patch in series:
        if patch.name in unwanted or not (patch.default or patch.name in wanted):
            continue
        if release is None or patch.header.fits(release):
            chosen.append(patch)
        elif patch.name in wanted:
            raise _excluded(patch, release)
        else:
            skipped.append(
                Skipped(patch, f"not for {release.tag}: it is for {patch.header.releases}")
            )
    for path in extra_files:
        extra = load_file(path)
        _require_new(extra.name, (*series, *chosen), path)
        if release is not None and not extra.header.fits(release):
            raise _excluded(extra, release)
        chosen.append(extra)
    return Selection(tuple(chosen), tuple(skipped))


def _require_new(
    name: str, taken: Iterable[SeriesPatch], path: Path, line: int | None = None
) -> None:
    for other in taken:
        if other.name == name:
            raise PatchNameTaken(name, str(other.path), str(path), line=line)


def _excluded(patch: SeriesPatch, release: Release) -> PatchExcluded:
    return PatchExcluded(patch.name, release.tag, patch.header.releases, path=str(patch.path))


def _load_patch(path: Path, name: str, strip: int, default: bool, *, required: bool) -> SeriesPatch:
    data = _read(path, unified.MAX_BYTES)
    patch = unified.parse(data, name, path=str(path), strip=strip)
    header = dep3.parse(patch.header, name, path=str(path), required=required)
    return SeriesPatch(name, path, patch, header, default)


def _patch_files(directory: Path) -> Iterator[Path]:
    """Patch files below a directory, but for hidden directories (quilt keeps its state in .pc)."""
    for path in directory.rglob("*"):
        inside = path.relative_to(directory).parts
        if path.suffix in SUFFIXES and not any(part.startswith(".") for part in inside):
            yield path


def _read(path: Path, limit: int) -> bytes:
    """At most one byte more than ``limit``, so that the parser sees that it is too long."""
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise FileError(
            f"cannot read {path}", why=error.strerror or str(error), advice=[f"ls -l {path}"]
        ) from error
