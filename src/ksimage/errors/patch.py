"""5: patches, and the hook that they are for or that came out of them; `series` orders them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError
from ksimage.text import place

if TYPE_CHECKING:
    from collections.abc import Sequence


class PatchError(KsimageError):
    """A patch, the series, or the hook that came out of them cannot be used. No image is made.

    Attributes:
        path: the patch or series file (or its name) that an annotation can point at, or None.
        line: the line in that file, counted from 1, or None.
    """

    exit_code = 5
    path: str | None = None
    line: int | None = None


class PatchesRefused(PatchError):
    """`ksimage patches check` found patches that do not apply; the table says which and why."""

    def __init__(self, releases: Sequence[str], total: int) -> None:
        self.message = (
            f"patches do not apply to {len(releases)} of {total} releases: {', '.join(releases)}"
        )
        self.advice = [f"one alone: ksimage patches check --release {releases[0]}"] * (total > 1)


class PatchesFailed(PatchError):
    """Several patches do not apply; `why` has each, and what to do about it."""

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
        self.message = (
            f"{len(failures)} patches do not apply to {target}: {', '.join([*names, *files])}"
        )
        self.why = "\n".join(told)
        self.advice = [f"leave all of them out: {' '.join(out)}"]
        self.path, self.line = failures[0].path, failures[0].line


class PatchAlreadyApplied(PatchError):
    """The hook already holds what the patch would make of it."""

    def __init__(
        self, name: str, target: str, *, path: str, line: int, advice: Sequence[str] = ()
    ) -> None:
        self.message = f"{place(path, line)}: patch {name} is already applied to {target}"
        self.why = "what it does is done: taking it out would succeed, and putting it in would not"
        self.advice = advice
        self.path, self.line = path, line


class PatchAmbiguous(PatchError):
    """A hunk is not where it says, and more than one other place would fit.

    ``elsewhere``: whether none of the places is the line that it states.
    """

    def __init__(
        self,
        name: str,
        target: str,
        *,
        hunk: int,
        stated: int,
        places: str,
        elsewhere: bool,
        path: str,
        line: int,
        advice: Sequence[str] = (),
    ) -> None:
        self.message = (
            f"{place(path, line)}: patch {name}, hunk {hunk} fits {target} in more than one place"
        )
        where = (
            f"does not fit at line {stated}, where it belongs, but at lines {places}"
            if elsewhere
            else f"fits at lines {places}: one it states, the other is the end of the file, where a"
            " hunk belongs that has no context after it"
        )
        self.why = f"it {where}; choosing one would be guessing"
        self.advice = ["give the hunk another line of context", *advice]
        self.path, self.line = path, line


class PatchConflict(PatchError):
    """A hunk fits nowhere in the hook. They are counted from 1."""

    def __init__(
        self,
        name: str,
        target: str,
        *,
        hunk: int,
        shown: str,
        path: str,
        line: int,
        advice: Sequence[str] = (),
    ) -> None:
        self.message = f"{place(path, line)}: patch {name}, hunk {hunk} does not apply to {target}"
        self.why = shown
        self.advice = advice
        self.path, self.line = path, line


class PatchExcluded(PatchError):
    """A patch was asked for by name, but its header excludes the release."""

    def __init__(self, name: str, release: str, releases: str, *, path: str) -> None:
        self.message = f"patch {name} is not for {release}"
        self.why = f"its header says X-Ksimage-Releases: {releases}"
        self.advice = [
            f"ksimage patches show {name}",
            "build without it, or choose another release",
        ]
        self.path = path


class PatchForbidden(PatchError):
    """The patch is well-formed but asks for something that no patch here may do."""

    def __init__(self, name: str, reason: str, *, path: str, line: int) -> None:
        self.message = f"{place(path, line)}: patch {name} {reason}"
        self.why = "a patch may change lines of hooks/kubesphere/installRunner.py and nothing else"
        self.advice = ["how to write one: docs/patches.md"]
        self.path, self.line = path, line


class PatchLineEndings(PatchConflict):
    """A hunk would fit but for its line endings (CRLF against LF)."""


class PatchMalformed(PatchError):
    """A patch file is no valid unified diff with a valid header."""

    def __init__(
        self, name: str, reason: str, *, path: str, line: int, advice: Sequence[str] = ()
    ) -> None:
        self.message = f"{place(path, line)}: patch {name} is malformed: {reason}"
        self.why = "damaged or hand-edited patches are refused rather than guessed at"
        self.advice = advice or [
            "a patch edited by hand gets right counts again with:"
            f" ksimage patches refresh {path} --release RELEASE"
        ]
        self.path, self.line = path, line


class PatchWithoutEffect(PatchError):
    """What was applied leaves the hook as it was."""

    def __init__(self, name: str, *, path: str | None = None) -> None:
        self.message = f"{name} changes nothing"
        self.why = "the result is byte for byte what it was before, so there is nothing to build"
        self.advice = ["which patches there are, and which are on: ksimage patches list"]
        self.path = path


class ShippedPatch(PatchError):
    """A file that comes with ksimage was to be rewritten: every later build would have it."""

    def __init__(self, path: str, name: str) -> None:
        self.message = f"{path} is one of ksimage's own patches and is not rewritten"
        self.why = "every later build on this machine would be another one, without a word"
        self.advice = [
            f"make your own of it: ksimage patches show {name} > {name}-own.patch",
            f"and build with it: --without {name} --patch {name}-own.patch",
        ]
        self.path = path


class BasePatched(PatchError):
    """The base was made by ksimage: its patches are in it already."""

    def __init__(self, name: str, what: str, original: str, release: str) -> None:
        self.message = f"{name} is already patched"
        self.why = f"it is a {what}"
        self.advice = [
            f"build from what it was made from: ksimage build {original}"
            if original
            else f"build from upstream's image: ksimage build {release} --from LOCATION",
            f"is it intact?  ksimage verify {name}",
        ]


class HookBroken(PatchError):
    """The patched hook is no Python 3 that the image's interpreter could run."""

    def __init__(
        self, name: str, reason: str, *, line: int | None = None, advice: Sequence[str] = ()
    ) -> None:
        self.message = f"{place(name, line)}: the patched hook is broken: {reason}"
        self.why = "shell-operator would fail to start it and the installation would never begin"
        self.advice = [*advice, "see what the patches make of it: ksimage diff RELEASE"]


class HookStillQuiet(PatchError):
    """The patched hook still runs a playbook without output."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        self.message = (
            f"{name}:{line}: the patched hook still has a quiet ansible_runner call: {reason}"
        )
        self.why = "an installation that hides its output is what the patches are there to prevent"
        self.advice = [
            "an image without the patch 'unquiet' is not made: do not leave it out",
            "see what the patches make of the hook: ksimage diff RELEASE",
        ]


class HookUnproven(PatchError):
    """The check of the patched hook cannot follow what the code does, so it refuses."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        self.message = (
            f"{place(name, line or None)}: cannot prove that the patched hook is as wanted:"
            f" {reason}"
        )
        self.why = (
            "the check reads the code without running it and accepts only what it understands"
        )
        self.advice = [
            "write it plainly: ansible_runner.run(..., quiet=False, verbosity=NAME)",
            "what the check accepts: docs/patches.md, section 'The proof'",
        ]


class HookWithoutVerbosity(PatchError):
    """A playbook of the patched hook would not get the verbosity."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        self.message = (
            f"{name}:{line}: an ansible_runner call does not pass the verbosity: {reason}"
        )
        self.why = "--verbose and KS_INSTALLER_VERBOSITY would have no effect on that playbook"
        self.advice = ["an image without the patch 'verbosity' is not made: do not leave it out"]
