"""A parsed patch: hunks of lines, the file they change, the patch file they came from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

CONTEXT, REMOVED, ADDED = b" ", b"-", b"+"


class Line(NamedTuple):
    """One line of a hunk. ``text`` keeps its line ending; without one it ends the file."""

    kind: bytes
    text: bytes


@dataclass(frozen=True)
class Hunk:
    """One hunk. Line numbers count from 1; ``patch_line`` is that of its ``@@`` in the file."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: tuple[Line, ...]
    patch_line: int

    @cached_property
    def old_lines(self) -> tuple[bytes, ...]:
        """What the hunk wants to see: context and removed lines."""
        return tuple(line.text for line in self.lines if line.kind != ADDED)

    @cached_property
    def new_lines(self) -> tuple[bytes, ...]:
        """What it leaves: context and added lines."""
        return tuple(line.text for line in self.lines if line.kind != REMOVED)

    @property
    def leading(self) -> int:
        """Number of context lines before the first change."""
        return next(i for i, line in enumerate(self.lines) if line.kind != CONTEXT)

    @property
    def trailing(self) -> int:
        """Number of context lines after the last change."""
        return next(i for i, line in enumerate(reversed(self.lines)) if line.kind != CONTEXT)

    @property
    def starts_file(self) -> bool:
        """Whether it can only stand at the start: it says line 1 and lacks context before."""
        return self.old_start == 1 and (not self.leading or self.leading < self.trailing)

    @property
    def ends_file(self) -> bool:
        """Whether it can only stand at the end: it lacks context after, or a newline."""
        last = (self.old_lines[-1], self.new_lines[-1])
        lacking = not self.trailing or self.trailing < self.leading
        return lacking or not all(line.endswith(b"\n") for line in last)

    def reversed(self) -> Hunk:
        """The hunk that undoes this one."""
        swap = {CONTEXT: CONTEXT, REMOVED: ADDED, ADDED: REMOVED}
        return Hunk(
            self.new_start,
            self.new_count,
            self.old_start,
            self.old_count,
            tuple(Line(swap[line.kind], line.text) for line in self.lines),
            self.patch_line,
        )


class Patch(NamedTuple):
    """A parsed patch file.

    Attributes:
        name: of the patch, without ``.patch``.
        header: the text before the diff, decoded, without the ``---`` that ends it.
        preamble: the same as it is in the file, up to the first byte of the diff.
        hunks: the changes to the hook, in order.
        sha256: of the whole file, hexadecimal: its identity in labels.
        path: where it came from, for messages.
        crlf: every line of the file, headers included, ends in CRLF (it was converted on its way).
        origin: what names it: "shipped" and "series" go by their name, a "file" by its path.
    """

    name: str
    header: str
    preamble: bytes
    hunks: tuple[Hunk, ...]
    sha256: str
    path: str
    crlf: bool = False
    origin: Literal["shipped", "series", "file"] = "file"
