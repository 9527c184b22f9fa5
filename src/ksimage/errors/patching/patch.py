"""5: patches. The series that orders them: `series`; the hook that comes out of them: `hook`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError
from ksimage.text import place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class PatchError(KsimageError):
    """A patch, the series, or the hook that came out of them cannot be used. No image is made.

    Attributes:
        path: the patch or series file (or its name) that an annotation can point at, or None.
        line: the line in that file, counted from 1, or None.
    """

    exit_code = 5

    def __init__(
        self,
        message: str,
        *,
        why: str = "",
        advice: Iterable[str] = (),
        path: str | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(message, why=why, advice=advice)
        self.path = path
        self.line = line


class PatchesRefused(PatchError):
    """`ksimage patches check` found patches that do not apply; the table says which and why."""

    def __init__(self, releases: Sequence[str], total: int) -> None:
        super().__init__(
            f"patches do not apply to {len(releases)} of {total} releases: {', '.join(releases)}",
            advice=[f"one alone: ksimage patches check --release {releases[0]}"] * (total > 1),
        )


class PatchesFailed(PatchError):
    """Several patches do not apply; `why` has each, and what to do about it.

    Attributes:
        failures: the error of each, in order.
    """

    def __init__(
        self,
        failures: Sequence[PatchError],
        names: Sequence[str],
        target: str,
        *,
        files: Sequence[str] = (),
    ) -> None:
        out = [*(f"--without {name}" for name in names), *(f"no --patch {file}" for file in files)]
        told = []
        for error in failures:
            lines = [error.message, *error.why.splitlines()]
            told.append("\n".join([*lines, *(f"→ {line}" for line in error.advice)]))
        super().__init__(
            f"{len(failures)} patches do not apply to {target}: {', '.join([*names, *files])}",
            why="\n".join(told),
            advice=[f"leave all of them out: {' '.join(out)}"],
            path=failures[0].path,
            line=failures[0].line,
        )
        self.failures = tuple(failures)


class PatchAlreadyApplied(PatchError):
    """The hook already holds what the patch would make of it."""

    def __init__(
        self, name: str, target: str, *, path: str, line: int, advice: Iterable[str] = ()
    ) -> None:
        super().__init__(
            f"{place(path, line)}: patch {name} is already applied to {target}",
            why="what it does is done: taking it out would succeed, and putting it in would not",
            advice=advice,
            path=path,
            line=line,
        )


class PatchAmbiguous(PatchError):
    """A hunk is not where it says, and more than one other place would fit."""

    def __init__(
        self,
        name: str,
        target: str,
        *,
        hunk: int,
        stated: int,
        places: str,
        path: str,
        line: int,
        advice: Iterable[str] = (),
    ) -> None:
        super().__init__(
            f"{place(path, line)}: patch {name}, hunk {hunk} fits {target} in more than one place",
            why=f"it does not fit at line {stated}, where it belongs, but at lines {places};"
            " choosing one would be guessing",
            advice=["give the hunk another line of context", *advice],
            path=path,
            line=line,
        )


class PatchConflict(PatchError):
    """A hunk fits nowhere in the hook.

    Attributes:
        hunk: number of the hunk in the patch, from 1.
    """

    def __init__(
        self,
        name: str,
        target: str,
        *,
        hunk: int,
        shown: str,
        path: str,
        line: int,
        advice: Iterable[str] = (),
    ) -> None:
        self.hunk = hunk
        super().__init__(
            f"{place(path, line)}: patch {name}, hunk {hunk} does not apply to {target}",
            why=shown,
            advice=advice,
            path=path,
            line=line,
        )


class PatchExcluded(PatchError):
    """A patch was asked for by name, but its header excludes the release."""

    def __init__(self, name: str, release: str, releases: str, *, path: str) -> None:
        super().__init__(
            f"patch {name} is not for {release}",
            why=f"its header says X-Ksimage-Releases: {releases}",
            advice=[f"ksimage patches show {name}", "build without it, or choose another release"],
            path=path,
        )


class PatchForbidden(PatchError):
    """The patch is well-formed but asks for something that no patch here may do."""

    def __init__(self, name: str, reason: str, *, path: str, line: int) -> None:
        super().__init__(
            f"{place(path, line)}: patch {name} {reason}",
            why="a patch may change lines of hooks/kubesphere/installRunner.py and nothing else",
            advice=["how to write one: docs/patches.md"],
            path=path,
            line=line,
        )


class PatchLineEndings(PatchConflict):
    """A hunk would fit but for its line endings (CRLF against LF)."""


class PatchMalformed(PatchError):
    """A patch file is no valid unified diff with a valid header."""

    def __init__(
        self, name: str, reason: str, *, path: str, line: int, advice: Iterable[str] = ()
    ) -> None:
        super().__init__(
            f"{place(path, line)}: patch {name} is malformed: {reason}",
            why="damaged or hand-edited patches are refused rather than guessed at",
            advice=advice
            or [
                "a patch edited by hand gets right counts again with:"
                f" ksimage patches refresh {path} --release RELEASE"
            ],
            path=path,
            line=line,
        )


class PatchWithoutEffect(PatchError):
    """What was applied leaves the hook as it was."""

    def __init__(self, name: str, *, path: str | None = None) -> None:
        super().__init__(
            f"{name} changes nothing",
            why="the result is byte for byte what it was before, so there is nothing to build",
            advice=["which patches there are, and which are on: ksimage patches list"],
            path=path,
        )


class ShippedPatch(PatchError):
    """A file that comes with ksimage was to be rewritten: every later build would have it."""

    def __init__(self, path: str, name: str) -> None:
        super().__init__(
            f"{path} is one of ksimage's own patches and is not rewritten",
            why="every later build on this machine would be another one, without a word",
            advice=[
                f"make your own of it: ksimage patches show {name} > {name}-own.patch",
                f"and build with it: --without {name} --patch {name}-own.patch",
            ],
            path=path,
        )
