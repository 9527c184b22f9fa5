"""A full screen on a terminal: only lines that changed are written, and as one update."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

_ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J"
_LEAVE = "\x1b[?25h\x1b[?1049l"
# Synchronized update: terminals that know it show the frame whole; others ignore it.
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"


@final
class Display:
    """The alternate screen of ``stream``; a context manager that leaves it as it was."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown: list[str] = []
        self._size = (0, 0)

    def __enter__(self) -> Display:
        self._write(_ENTER)
        return self

    def __exit__(self, *_: object) -> None:
        self._write(_LEAVE)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows now."""
        try:
            found = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):
            found = shutil.get_terminal_size()
        return max(20, found.columns), max(5, found.lines)

    def show(self, lines: Sequence[str]) -> None:
        """Make the screen these lines; after a change of size all of them are written."""
        parts = []
        if self.size != self._size:
            self._size = self.size
            self._shown = []
            parts.append("\x1b[2J")
        for at, text in enumerate(lines[: self._size[1]]):
            if at >= len(self._shown) or self._shown[at] != text:
                parts.append(f"\x1b[{at + 1};1H{text}\x1b[K")
        if parts:
            self._write(_BEGIN + "".join(parts) + _END)
        self._shown = list(lines)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
