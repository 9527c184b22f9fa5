"""Which patches, in which order: quilt series files, patch directories, selection by name.

The only module of the package that reads files. A directory holds ``series`` (on by default), may
hold ``series.optional`` (off unless named) and the patch files that they list; a patch file that
neither of them lists is an error, because a forgotten line would leave a patch out silently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ksimage.errors import (
    FileError,
    PatchExcluded,
    PatchNameTaken,
    SeriesEntryMissing,
    SeriesMalformed,
    SeriesMissing,
    SeriesStrayPatch,
    UnknownPatch,
    WithAndWithout,
)
from ksimage.patching import dep3, unified
from ksimage.text import similar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ksimage.patching.dep3 import Header
    from ksimage.patching.model import Patch
    from ksimage.upstream.releases import Release

DEFAULT, OPTIONAL = "series", "series.optional"
_SUFFIXES = (".patch", ".diff")
_MAX_SERIES = 1 << 16
_MAX_ENTRIES = 500


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
    header: Header
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
        for entry in parse_series(_read(series_file, _MAX_SERIES), str(series_file)):
            path = directory / entry.file_name
            if not path.is_file():
                raise SeriesEntryMissing(entry.file_name, path=str(series_file), line=entry.line)
            name = patch_name(entry.file_name)
            for other in patches:
                if other.name == name:
                    raise PatchNameTaken(name, str(other.path), str(series_file), line=entry.line)
            listed.add(path)
            patches.append(_load_patch(path, name, entry.strip, default, required=True))
    strays = sorted(
        str(path.relative_to(directory)) for path in _patch_files(directory) if path not in listed
    )
    if strays:
        raise SeriesStrayPatch(str(directory), strays)
    return Series(tuple(patches))


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
        for other in first:
            if other.name == patch.name:
                raise PatchNameTaken(patch.name, str(other.path), str(patch.path))
    both = (*first, *own)
    return Series(
        (*(p for p in both if p.default), *(p for p in both if not p.default)),
    )


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
        for other in (*series, *chosen):
            if other.name == extra.name:
                raise PatchNameTaken(extra.name, str(other.path), str(path))
        if release is not None and not extra.header.fits(release):
            raise _excluded(extra, release)
        chosen.append(extra)
    return Selection(tuple(chosen), tuple(skipped))


def _excluded(patch: SeriesPatch, release: Release) -> PatchExcluded:
    return PatchExcluded(patch.name, release.tag, patch.header.releases, path=str(patch.path))


class Entry(NamedTuple):
    """One line of a series file."""

    file_name: str
    strip: int
    line: int


def parse_series(data: bytes, path: str) -> tuple[Entry, ...]:
    """Parse a quilt series: one file name a line, optional ``-pN``, ``#`` comments.

    Raises:
        SeriesMalformed: a line cannot be used.
    """
    if len(data) > _MAX_SERIES:
        raise SeriesMalformed(f"the series has more than {_MAX_SERIES} bytes", path=path)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SeriesMalformed("the series is not UTF-8", path=path, line=line) from None
    entries: list[Entry] = []
    for number, raw in enumerate(text.split("\n"), 1):
        words = re.sub(r"(^|\s)#.*", "", raw).split()
        if not words:
            continue
        entries.append(_entry(words, path, number))
        if len(entries) > _MAX_ENTRIES:
            raise SeriesMalformed(f"more than {_MAX_ENTRIES} patches", path=path, line=number)
    return tuple(entries)


def _entry(words: list[str], path: str, number: int) -> Entry:
    file_name, *options = words
    strip = 1
    parts = file_name.split("/")
    if file_name.startswith("/") or ".." in parts or "" in parts or "\x00" in file_name:
        raise SeriesMalformed(
            f"{file_name!r} is no file below the directory of the series", path=path, line=number
        )
    if not file_name.endswith(_SUFFIXES):
        raise SeriesMalformed(
            f"{file_name!r} does not end in {' or '.join(_SUFFIXES)}", path=path, line=number
        )
    for option in options:
        if re.fullmatch(r"-p[0-4]", option):
            strip = int(option[2:])
        elif option == "-R":
            raise SeriesMalformed(
                f"{file_name} is to be applied in reverse (-R), which is not supported:"
                " write the reverse patch",
                path=path,
                line=number,
            )
        else:
            raise SeriesMalformed(
                f"unknown option {option!r} after {file_name}", path=path, line=number
            )
    return Entry(file_name, strip, number)


def patch_name(file_name: str) -> str:
    """A patch's name: that of its file without the suffix."""
    for suffix in _SUFFIXES:
        file_name = file_name.removesuffix(suffix)
    return file_name


def _load_patch(path: Path, name: str, strip: int, default: bool, *, required: bool) -> SeriesPatch:
    data = _read(path, unified.MAX_BYTES)
    patch = unified.parse(data, name, path=str(path), strip=strip)
    header = dep3.parse(patch.header, name, path=str(path), required=required)
    return SeriesPatch(name, path, patch, header, default)


def _patch_files(directory: Path) -> Iterator[Path]:
    """Patch files below a directory, but for hidden directories (quilt keeps its state in .pc)."""
    for path in directory.rglob("*"):
        inside = path.relative_to(directory).parts
        if path.suffix in _SUFFIXES and not any(part.startswith(".") for part in inside):
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
