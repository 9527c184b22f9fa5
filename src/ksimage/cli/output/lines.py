"""Lines that fit: as wide as the terminal, of characters that the stream has, in columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIGNS = str.maketrans(
    {"✓": "ok", "–": "--", "→": "->", "…": "...", "×": "x", "—": "--", "“": '"', "”": '"', "’": "'"}
)
NARROWEST = 40
"""Columns; below, lines are left to the terminal."""


def encodable(text: str, stream: TextIO) -> str:
    """``text`` with signs in ASCII where the stream has no others."""
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return text.translate(_SIGNS)
    return text


def wrapped(label: str, text: str, stream: TextIO) -> str:
    """``text`` behind ``label``, its further lines below the first; words are never broken.

    On a terminal alone: elsewhere a line is one, for those who search it.
    """
    line = f"{label}{text}"
    if not stream.isatty():
        return line
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns
    if width < NARROWEST or len(line) <= width:
        return line
    return "\n".join(
        textwrap.wrap(
            line,
            width,
            subsequent_indent=" " * len(label),
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def clean(text: str) -> str:
    """``text`` without escape sequences: registries, images and patches may hold them."""
    from ksimage.ci.escape import log_text

    return log_text(text)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """A line for each row, every column as wide as its widest cell.

    Cells may come from anywhere (labels of an image, names of patch files): each stays on its line
    and loses its escape sequences.
    """
    cells = [[clean(re.sub(r"\s", " ", cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
