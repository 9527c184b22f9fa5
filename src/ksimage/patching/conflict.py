"""Say why a hunk has no place: what it expects, what is there, and how they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors import PatchAmbiguous, PatchConflict, PatchLineEndings
from ksimage.patching.place import PLACES_COUNTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.errors import PatchError
    from ksimage.patching.model import Hunk, Patch
    from ksimage.patching.place import Text, Unplaced

_SHOWN_LINES = 12
_SHOWN_COLUMNS = 160
_SIMILARITY_BUDGET = 2_000_000  # line comparisons spent on showing a conflict well


def explain(text: Text, patch: Patch, failure: Unplaced, target: str) -> PatchError:
    hunk = patch.hunks[failure.number - 1]
    if failure.candidates:
        places = ", ".join(str(index + 1) for index in failure.candidates[: PLACES_COUNTED - 1])
        return PatchAmbiguous(
            patch.name,
            target,
            hunk=failure.number,
            stated=failure.expected + 1,
            places=places + (", ..." if len(failure.candidates) == PLACES_COUNTED else ""),
            path=patch.path,
            line=hunk.patch_line,
        )
    index = _most_similar(text, hunk.old_lines, failure.expected)
    actual = text.lines[index : index + len(hunk.old_lines)]
    note, kind = _diagnosis(text, hunk, index, patch)
    return kind(
        patch.name,
        target,
        hunk=failure.number,
        expected=_numbered(hunk.old_lines, hunk.old_start, actual),
        actual=_numbered(actual, index + 1, hunk.old_lines),
        note=note,
        path=patch.path,
        line=hunk.patch_line,
        advice=_line_ending_advice(patch) if kind is PatchLineEndings else (),
    )


def _diagnosis(text: Text, hunk: Hunk, index: int, patch: Patch) -> tuple[str, type[PatchConflict]]:
    """What kind of difference it is, where that can be said."""
    expected = hunk.old_lines
    actual = text.lines[index : index + len(expected)]
    if patch.crlf and b"\r\n" not in text.data:  # wherever it would fit: it must be converted first
        return (
            "the patch file has CRLF line endings and the hook has LF; the patch was"
            " converted on its way (git's autocrlf, an editor, a mail)",
            PatchLineEndings,
        )
    if [_bare(line) for line in actual] == [_bare(line) for line in expected]:
        if [line.rstrip(b"\r\n") for line in actual] != [line.rstrip(b"\n") for line in actual]:
            return "the hook has CRLF line endings and the patch has LF", PatchLineEndings
        if any(line.endswith(b"\r\n") for line in expected):
            return "lines of the patch end in CRLF and those of the hook in LF", PatchLineEndings
        if list(actual) != list(expected):
            return "the texts differ in the newline at the end of the file only", PatchConflict
        if hunk.starts_file and index:
            return "by its context the hunk belongs at the start of the file", PatchConflict
        if hunk.ends_file:
            return "by its context the hunk belongs at the end of the file", PatchConflict
        return "the hunk before it took this place", PatchConflict
    if hunk.new_lines[-1].endswith(b"\n") and text.search(hunk.new_lines, 0, 1):
        return "this hunk seems to be applied already, the whole patch is not", PatchConflict
    return "", PatchConflict


def _line_ending_advice(patch: Patch) -> tuple[str, ...]:
    if patch.crlf:
        return (f"sed -i 's/\\r$//' {patch.path}",)
    return ("make the patch from the very file it is for, and keep git from converting it",)


def _bare(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r")


def _most_similar(text: Text, block: Sequence[bytes], expected: int) -> int:
    """The line index at which most lines of the block stand; the nearest to ``expected``."""
    last = max(0, len(text.lines) - len(block))
    expected = min(max(0, expected), last)
    if len(text.lines) * len(block) > _SIMILARITY_BUDGET:
        return expected
    wanted = [_bare(line).strip() for line in block]
    present = [_bare(line).strip() for line in text.lines]

    def likeness(index: int) -> tuple[int, int]:
        # Blank lines match everywhere and say nothing.
        same = sum(
            a == b for a, b in zip(wanted, present[index : index + len(wanted)], strict=False) if a
        )
        return same, -abs(index - expected)

    return max(range(last + 1), key=likeness)


def _numbered(lines: Sequence[bytes], first: int, others: Sequence[bytes]) -> list[tuple[int, str]]:
    """Lines for display: numbered from ``first``, a window that begins at the first difference."""
    differing = next((n for n, (a, b) in enumerate(zip(lines, others, strict=False)) if a != b), 0)
    start = max(0, min(differing - 2, len(lines) - _SHOWN_LINES))
    return [
        (first + n, _printable(line))
        for n, line in enumerate(lines[start : start + _SHOWN_LINES], start)
    ]


def _printable(line: bytes) -> str:
    """A line that cannot do anything to a terminal: control characters escaped, bounded."""
    ending = "" if line.endswith(b"\n") else "  (no newline at end of file)"
    text = line.removesuffix(b"\n").decode("utf-8", "backslashreplace")
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return (text if len(text) <= _SHOWN_COLUMNS else text[:_SHOWN_COLUMNS] + "...") + ending
