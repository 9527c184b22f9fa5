"""Where the hunks of a patch go in a text. No fuzz; an offset only where it cannot be wrong.

How a hunk finds its place:

1. Its context and removed lines must be there byte for byte, line endings and the missing newline
   at the end of the file included.
2. It is expected at the line that it states, moved by the offset of the hunk before it. If it fits
   there, that is its place.
3. Otherwise it may be anywhere after the hunk before it, provided exactly one place fits. GNU patch
   and git take the nearest of several; here that is an error, because a nearby duplicate of a call
   is what the hook is full of. So is the only other place an error where the hunk is in the text
   already at its own: that place looks like the original one.
4. diff gives a hunk less context at one end only where the file ends. So a hunk with no context
   after its last change, or less than before its first, belongs at the end of the file, and so does
   one with a line without newline. One that states line 1 and has none before its first change, or
   less than after its last, belongs at the start. Where it fits at the line that it states as
   well, there are two places, and that is an error too.
5. Hunks do not overlap, not even in their context (as in git).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.patching.model import Hunk

PLACES_COUNTED = 4
"""The search for other places stops after so many."""


class HunkPlace(NamedTuple):
    """Where a hunk goes.

    ``line``: of its first line in the text, from 1. ``offset``: lines between that and the line
    which the hunk states; 0 is exactly there.
    """

    line: int
    offset: int


class Unplaced(Exception):
    """A hunk has no place, or more than one."""

    def __init__(self, number: int, expected: int, candidates: Sequence[int]) -> None:
        super().__init__(number)
        self.number = number  # from 1
        self.expected = expected  # line index where it should have been
        self.candidates = candidates  # one alone is refused: at ``expected`` the hunk is done


class Text:
    """The lines of a text, each with its ending, and how to find a block of lines in them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.lines = split_lines(data)
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

    def locate(self, hunks: Sequence[Hunk]) -> list[HunkPlace]:
        """A place for every hunk, in order.

        Raises:
            Unplaced: for the first hunk without one.
        """
        places: list[HunkPlace] = []
        first = offset = 0
        for number, hunk in enumerate(hunks, 1):
            stated = hunk.old_start - 1
            expected = stated + offset
            index = self.place(hunk, expected, first, number)
            offset = index - stated
            first = index + len(hunk.old_lines)
            places.append(HunkPlace(index + 1, offset))
        return places

    def locate_not_done(self, hunks: Sequence[Hunk]) -> list[tuple[Hunk, HunkPlace]]:
        """The hunks that are not in the text yet, and their places; those that are lie in order
        between them. Empty when that takes none or all, or may be read in two ways."""
        left: list[tuple[Hunk, HunkPlace]] = []
        first = offset = 0
        for hunk in hunks:
            stated = hunk.old_start - 1
            expected = stated + offset
            forward = self.places(hunk, expected, first)
            done: tuple[int, ...] = ()
            if forward != (expected,):
                undo = replace(hunk.reversed(), old_start=hunk.old_start)
                done = self.places(undo, expected, first)
            if len(forward) + len(done) != 1:
                return []
            index = (forward or done)[0]
            offset = index - stated
            first = index + len(hunk.old_lines)
            if forward:
                left.append((hunk, HunkPlace(index + 1, offset)))
            else:
                offset += len(hunk.new_lines) - len(hunk.old_lines)
                first = index + len(hunk.new_lines)
        return left if len(left) < len(hunks) else []

    def places(self, hunk: Hunk, expected: int, first: int) -> tuple[int, ...]:
        """The one place of a hunk; none, or several between which one would have to guess."""
        try:
            return (self.place(hunk, expected, first, 1),)
        except Unplaced as failure:
            return tuple(failure.candidates)

    def place(self, hunk: Hunk, expected: int, first: int, number: int) -> int:
        block = hunk.old_lines
        if hunk.starts_file or hunk.ends_file:
            index = 0 if hunk.starts_file else len(self.lines) - len(block)
            complete = not hunk.ends_file or index + len(block) == len(self.lines)
            if not complete or index < first or not self.fits(block, index):
                raise Unplaced(number, index, [])
            if index != expected >= first and self.fits(block, expected):
                raise Unplaced(number, expected, sorted((index, expected)))
            return index
        if expected >= first and self.fits(block, expected):
            return expected
        candidates = self.search(block, first, PLACES_COUNTED)
        if len(candidates) == 1 and not (expected >= first and self.fits(hunk.new_lines, expected)):
            return candidates[0]
        raise Unplaced(number, max(expected, first), candidates)

    def holds(self, hunks: Sequence[Hunk], *, exactly: bool = False) -> bool:
        try:
            places = self.locate(hunks)
        except Unplaced:
            return False
        return not exactly or not any(place.offset for place in places)


def split_lines(data: bytes) -> list[bytes]:
    """Lines end at LF only; a CR belongs to the line."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines
