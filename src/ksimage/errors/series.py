"""5: the set of patches, and what is chosen from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.patch import PatchError
from ksimage.text import did_you_mean, place

if TYPE_CHECKING:
    from collections.abc import Sequence


class SeriesError(PatchError):
    """The set of patches is inconsistent."""


class PatchNameTaken(SeriesError):
    """Two patches have the same name."""

    def __init__(self, name: str, first: str, second: str, *, line: int | None = None) -> None:
        self.message = f"two patches are named {name}: {first} and {place(second, line)}"
        self.why = "names select patches and are recorded in the image, so each is used once"
        self.advice = ["rename your patch file, or replace the whole series with your own"]
        self.path, self.line = second, line


class SeriesEntryMissing(SeriesError):
    """The series names a file that is not there."""

    def __init__(self, entry: str, *, path: str, line: int) -> None:
        self.message = f"{place(path, line)}: the series names {entry}, which does not exist"
        self.why = "a series that is only partly there would make an image that nobody asked for"
        self.advice = ["restore the file or delete its line from the series"]
        self.path, self.line = path, line


class SeriesMalformed(SeriesError):
    """A line of the series file cannot be used."""

    def __init__(self, reason: str, *, path: str, line: int | None = None) -> None:
        self.message = f"{place(path, line)}: {reason}"
        self.why = "a series has one patch file name a line, with an optional -pN, and # comments"
        self.advice = ["how a series is written: docs/patches.md"]
        self.path, self.line = path, line


class SeriesMissing(SeriesError):
    """There is no series file where patches are looked for."""

    def __init__(self, directory: str) -> None:
        self.message = f"no series of patches in {directory}"
        self.why = "a directory of patches needs a file named 'series' that lists them in order"
        self.advice = [f"ls {directory}", f"one patch file name a line: $EDITOR {directory}/series"]
        self.path = directory


class SeriesStrayPatch(SeriesError):
    """Patch files lie in the directory but no series names them."""

    def __init__(self, directory: str, strays: Sequence[str]) -> None:
        self.message = f"{directory} holds patch files that no series names: {', '.join(strays)}"
        self.why = "a forgotten line in the series would leave the patch out without a word"
        self.advice = [
            f"add to {directory}/series (on by default) or {directory}/series.optional",
            "or move the file elsewhere and name it with --patch FILE",
        ]
        self.path, self.line = f"{directory}/{strays[0]}", 1


class UnknownPatch(SeriesError):
    """--with or --without names a patch that is not there."""

    def __init__(self, name: str, nearest: Sequence[str], known: Sequence[str]) -> None:
        self.message = f"unknown patch {name!r}"
        self.why = f"the series has: {', '.join(known) or 'none'}"
        self.advice = [*did_you_mean(nearest), "ksimage patches list"]


class WithAndWithout(SeriesError):
    """The same patch is both wanted and not wanted."""

    def __init__(self, name: str) -> None:
        self.message = f"patch {name} is given to --with and to --without"
        self.why = "it cannot be both in the image and not in it"
        self.advice = ["drop one of the two (a configuration file counts too: ksimage.yaml)"]
