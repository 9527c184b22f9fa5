"""Lines that fit a stream: as wide as the terminal, and of characters that it has."""

from __future__ import annotations

from typing import TextIO

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
