"""Say why a hunk has no place: what it expects, what is there, and how they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors import PatchAmbiguous, PatchConflict, PatchLineEndings
from ksimage.patching.place import PLACES_COUNTED

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ksimage.errors import PatchError
    from ksimage.patching.model import Hunk, Patch
    from ksimage.patching.place import Text, Unplaced

_SHOWN_LINES = 12
_SHOWN_COLUMNS = 160
_SIMILARITY_BUDGET = 2_000_000  # line comparisons spent on showing a conflict well


def explain(
    text: Text, patch: Patch, failure: Unplaced, target: str, what: str = "the hook"
) -> PatchError:
    """The error for a hunk without a place; ``what`` is the text that is shown."""
    hunk = patch.hunks[failure.number - 1]
    if len(failure.candidates) > 1:
        places = ", ".join(str(index + 1) for index in failure.candidates[: PLACES_COUNTED - 1])
        return PatchAmbiguous(
            patch.name,
            target,
            hunk=failure.number,
            stated=failure.expected + 1,
            places=places + (", ..." if len(failure.candidates) == PLACES_COUNTED else ""),
            elsewhere=failure.expected not in failure.candidates,
            path=patch.path,
            line=hunk.patch_line,
            advice=ways_out(patch),
        )
    index = _most_similar(text, hunk.old_lines, failure.expected)
    actual = text.lines[index : index + len(hunk.old_lines)]
    note, kind = _diagnosis(text, hunk, index, patch)
    if failure.candidates:
        belongs = f"at line {failure.expected + 1}, where it belongs"
        note = f"{belongs}, it is done already; this is another place"
    start, differing = _window(hunk.old_lines, actual)
    expected = _numbered(hunk.old_lines, hunk.old_start, start, differing)
    found = _numbered(actual, index + 1, start, differing)
    marks = {n - start for n in differing}
    shown = ["; ".join(filter(None, (note, _done(text, patch))))]
    shown += ["the hunk expects:", *_listed(expected, found, marks)]
    shown += [f"{what} has, at the most similar place:" if found else f"{what} is empty"]
    shown += _listed(found, expected, marks)
    return kind(
        patch.name,
        target,
        hunk=failure.number,
        shown="\n".join(filter(None, shown)),
        path=patch.path,
        line=hunk.patch_line,
        advice=_line_ending_advice(patch) if kind is PatchLineEndings else ways_out(patch),
    )


def ways_out(patch: Patch) -> tuple[str, ...]:
    """What to type about a patch that does not apply."""
    own = f"{patch.name.rpartition('/')[2]}-own.patch"
    if patch.origin == "shipped":
        return (
            f"leave it out: --without {patch.name}",
            f"or make your own of it: ksimage patches show {patch.name} > {own}, edit it, then"
            f" --without {patch.name} --patch {own}",
        )
    edit = f"make it fit: edit it, then ksimage patches refresh {patch.path} --release RELEASE"
    if patch.origin == "series":
        return (edit, f"or leave it out: --without {patch.name}")
    return (edit, f"or leave it out: no --patch {patch.path}")


def _done(text: Text, patch: Patch) -> str:
    """Which hunks are in the text already, where some are."""
    done = [
        str(number)
        for number, hunk in enumerate(patch.hunks, 1)
        if text.holds([hunk.reversed()]) and not text.search(hunk.old_lines, 0, 1)
    ]
    if not done:
        return ""
    what = "hunk" if len(done) == 1 else "hunks"
    return f"{what} {', '.join(done)} of {len(patch.hunks)} done already"


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
    if list(actual) == list(expected):
        if hunk.starts_file and index:
            return "by its context the hunk belongs at the start of the file", PatchConflict
        if hunk.ends_file:
            return "by its context the hunk belongs at the end of the file", PatchConflict
        return "the hunk before it took this place", PatchConflict
    if [_bare(line) for line in actual] == [_bare(line) for line in expected]:
        if any(line.endswith(b"\r\n") for line in actual):
            return "the hook has CRLF line endings and the patch has LF", PatchLineEndings
        if any(line.endswith(b"\r\n") for line in expected):
            return "lines of the patch end in CRLF and those of the hook in LF", PatchLineEndings
        return "the texts differ in the newline at the end of the file only", PatchConflict
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


def _listed(
    lines: Sequence[tuple[int, str]], others: Sequence[tuple[int, str]], marks: Collection[int]
) -> list[str]:
    """``> 12 | text``: numbers as wide as in the other list, ``>`` where the two differ."""
    width = max(len(str(number)) for number, _ in (*lines, *others))
    return [
        f"{'>' if n in marks else ' '} {number:>{width}} | {line}"
        for n, (number, line) in enumerate(lines)
    ]


def _window(expected: Sequence[bytes], actual: Sequence[bytes]) -> tuple[int, list[int]]:
    """Where to begin to show lines, and which of them differ; both from 0."""
    differing = [n for n, (a, b) in enumerate(zip(expected, actual, strict=False)) if a != b]
    first = differing[0] if differing else 0
    longest = max(len(expected), len(actual))
    return max(0, min(first - 2, longest - _SHOWN_LINES)), differing


def _numbered(
    lines: Sequence[bytes], first: int, start: int, differing: Sequence[int]
) -> list[tuple[int, str]]:
    """Lines for display, from ``start`` on, numbered from ``first``."""
    return [
        (first + n, _printable(line, blanks=n in differing))
        for n, line in enumerate(lines[start : start + _SHOWN_LINES], start)
    ]


def _printable(line: bytes, *, blanks: bool = False) -> str:
    """A line that cannot do anything to a terminal: control characters escaped, bounded.

    ``blanks``: those at its end are shown as dots, for they may be the difference.
    """
    ending = "" if line.endswith(b"\n") else "  (no newline at end of file)"
    text = line.removesuffix(b"\n").decode("utf-8", "backslashreplace")
    if blanks:
        bare = text.rstrip(" ")
        text = bare + "·" * (len(text) - len(bare))
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return (text if len(text) <= _SHOWN_COLUMNS else text[:_SHOWN_COLUMNS] + "...") + ending
