"""Apply patches to the hook: exact context, no fuzz, all or nothing. Bytes in, bytes out.

How a hunk finds its place:

1. Its context and removed lines must be there byte for byte, line endings and the missing newline
   at the end of the file included.
2. It is expected at the line that it states, moved by the offset of the hunk before it. If it fits
   there, that is its place.
3. Otherwise it may be anywhere after the hunk before it, provided exactly one place fits. GNU patch
   and git take the nearest of several; here that is an error, because a nearby duplicate of a call
   is what the hook is full of.
4. diff gives a hunk less context at one end only where the file ends. So a hunk with no context
   after its last change, or less than before its first, belongs at the end of the file, and so does
   one with a line without newline. One that states line 1 and has none before its first change, or
   less than after its last, belongs at the start.
5. Hunks do not overlap, not even in their context (as in git).

An offset is reported, never hidden. A patch that is already in the file is recognised: it does not
fit but its reverse does, or it fits only at an offset while its reverse fits exactly where it says.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ksimage.errors import (
    PatchAlreadyApplied,
    PatchAmbiguous,
    PatchConflict,
    PatchLineEndings,
    PatchWithoutEffect,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ksimage.errors import PatchError
    from ksimage.patching.unified import Hunk, Patch

_SHOWN_LINES = 12
_SHOWN_COLUMNS = 160
_PLACES_COUNTED = 4
_SIMILARITY_BUDGET = 2_000_000  # line comparisons spent on showing a conflict well


@dataclass(frozen=True)
class HunkResult:
    """Where a hunk went.

    Attributes:
        number: of the hunk in its patch, from 1.
        line: of the hunk's first line in the text it was applied to, from 1.
        offset: lines between that and the line which the hunk states; 0 is exactly there.
    """

    number: int
    line: int
    offset: int


@dataclass(frozen=True)
class Applied:
    """One applied patch: the text after it, and where its hunks went."""

    patch: Patch
    data: bytes
    hunks: tuple[HunkResult, ...]

    @property
    def offset(self) -> int:
        """The offset of largest size among the hunks, with its sign."""
        return max((hunk.offset for hunk in self.hunks), key=abs, default=0)

    @property
    def sha256(self) -> str:
        """Digest of the text after this patch, hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class SeriesResult:
    """The text before and after a whole series, with their sha256 in hexadecimal."""

    before: bytes
    after: bytes
    before_sha256: str
    after_sha256: str
    patches: tuple[Applied, ...]


def apply_series(
    data: bytes, patches: Iterable[Patch], *, target: str = "the hook"
) -> SeriesResult:
    """Apply patches one after the other; either all of them or none.

    Args:
        data: the text to patch.
        patches: in order.
        target: what the text is, for messages.

    Raises:
        PatchConflict, PatchLineEndings, PatchAmbiguous, PatchAlreadyApplied: see
            :func:`apply_patch`.
        PatchWithoutEffect: the result equals ``data`` (also when there are no patches).
    """
    current = data
    results: list[Applied] = []
    for patch in patches:
        results.append(apply_patch(current, patch, target=target))
        current = results[-1].data
    if current == data:
        raise PatchWithoutEffect("the series" if results else "an empty selection of patches")
    return SeriesResult(
        data,
        current,
        hashlib.sha256(data).hexdigest(),
        hashlib.sha256(current).hexdigest(),
        tuple(results),
    )


def apply_patch(data: bytes, patch: Patch, *, target: str = "the hook") -> Applied:
    """Apply one patch.

    Raises:
        PatchConflict: a hunk fits nowhere.
        PatchLineEndings: it would but for CRLF against LF.
        PatchAmbiguous: a hunk is not at its place and more than one other place fits.
        PatchAlreadyApplied: the text already has the change.
        PatchWithoutEffect: the result equals ``data``.
    """
    text = _Text(data)
    try:
        places = text.locate(patch.hunks)
    except _Unplaced as failure:
        if text.holds([hunk.reversed() for hunk in patch.hunks]):
            raise _already(patch, target) from None
        raise _explain(text, patch, failure, target) from None
    shifted = any(place.offset for place in places)
    if shifted and text.holds([hunk.reversed() for hunk in patch.hunks], exactly=True):
        raise _already(patch, target)
    pieces: list[bytes] = []
    done = 0
    for hunk, place in zip(patch.hunks, places, strict=True):
        start, end = text.span(place.index, len(hunk.old_lines))
        pieces += [data[done:start], *hunk.new_lines]
        done = end
    pieces.append(data[done:])
    result = b"".join(pieces)
    if result == data:
        raise PatchWithoutEffect(f"patch {patch.name}", path=patch.path)
    return Applied(
        patch,
        result,
        tuple(HunkResult(n, place.index + 1, place.offset) for n, place in enumerate(places, 1)),
    )


@dataclass(frozen=True)
class _Place:
    index: int  # of the first line, from 0
    offset: int


class _Unplaced(Exception):
    """A hunk has no place, or more than one."""

    def __init__(self, number: int, expected: int, candidates: Sequence[int]) -> None:
        super().__init__(number)
        self.number = number  # from 1
        self.expected = expected  # line index where it should have been
        self.candidates = candidates


class _Text:
    """The lines of a text, each with its ending, and how to find a block of lines in them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.lines = _split(data)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))
        # With a newline before every line, a search for "\n" + block finds whole lines only.
        self.haystack = b"\n" + data

    def span(self, index: int, count: int) -> tuple[int, int]:
        return self.starts[index], self.starts[index + count]

    def fits(self, block: Sequence[bytes], index: int) -> bool:
        if index < 0 or index + len(block) > len(self.lines):
            return False
        return all(self.lines[index + n] == line for n, line in enumerate(block))

    def search(self, block: Sequence[bytes], first: int, limit: int) -> list[int]:
        """Line indices at or after ``first`` where the block stands, at most ``limit``.

        All lines of the block must end in a newline; others have one possible place only.
        """
        needle = b"\n" + b"".join(block)
        found: list[int] = []
        index = first
        at = self.haystack.find(needle, self.starts[first])
        while at >= 0 and len(found) < limit:
            while self.starts[index] < at:
                index += 1
            found.append(index)
            at = self.haystack.find(needle, at + 1)
        return found

    def locate(self, hunks: Sequence[Hunk]) -> list[_Place]:
        """A place for every hunk, in order.

        Raises:
            _Unplaced: for the first hunk without one.
        """
        places: list[_Place] = []
        first = offset = 0
        for number, hunk in enumerate(hunks, 1):
            stated = hunk.old_start - 1
            expected = stated + offset
            index = self.place(hunk, expected, first, number)
            offset = index - stated
            first = index + len(hunk.old_lines)
            places.append(_Place(index, offset))
        return places

    def place(self, hunk: Hunk, expected: int, first: int, number: int) -> int:
        block = hunk.old_lines
        if hunk.starts_file or hunk.ends_file:
            index = 0 if hunk.starts_file else len(self.lines) - len(block)
            complete = not hunk.ends_file or index + len(block) == len(self.lines)
            if complete and index >= first and self.fits(block, index):
                return index
            raise _Unplaced(number, index, [])
        if expected >= first and self.fits(block, expected):
            return expected
        candidates = self.search(block, first, _PLACES_COUNTED)
        if len(candidates) == 1:
            return candidates[0]
        raise _Unplaced(number, max(expected, first), candidates)

    def holds(self, hunks: Sequence[Hunk], *, exactly: bool = False) -> bool:
        try:
            places = self.locate(hunks)
        except _Unplaced:
            return False
        return not exactly or not any(place.offset for place in places)


def _split(data: bytes) -> list[bytes]:
    """Lines end at LF only; a CR belongs to the line."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _already(patch: Patch, target: str) -> PatchAlreadyApplied:
    return PatchAlreadyApplied(patch.name, target, path=patch.path, line=patch.hunks[0].patch_line)


def _explain(text: _Text, patch: Patch, failure: _Unplaced, target: str) -> PatchError:
    hunk = patch.hunks[failure.number - 1]
    if failure.candidates:
        places = ", ".join(str(index + 1) for index in failure.candidates[: _PLACES_COUNTED - 1])
        return PatchAmbiguous(
            patch.name,
            target,
            hunk=failure.number,
            stated=failure.expected + 1,
            places=places + (", ..." if len(failure.candidates) == _PLACES_COUNTED else ""),
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


def _diagnosis(
    text: _Text, hunk: Hunk, index: int, patch: Patch
) -> tuple[str, type[PatchConflict]]:
    """What kind of difference it is, where that can be said."""
    expected = hunk.old_lines
    actual = text.lines[index : index + len(expected)]
    if [_bare(line) for line in actual] == [_bare(line) for line in expected]:
        if patch.crlf and b"\r\n" not in text.data:
            return (
                "the patch file has CRLF line endings and the hook has LF; the patch was"
                " converted on its way (git's autocrlf, an editor, a mail)",
                PatchLineEndings,
            )
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


def _most_similar(text: _Text, block: Sequence[bytes], expected: int) -> int:
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
