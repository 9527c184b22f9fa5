"""Text in a terminal's cells: as wide as it looks, cut where it must be, in colours or without."""

from __future__ import annotations

import unicodedata


def width(text: str) -> int:
    """The cells that a text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def fit(text: str, cells: int) -> str:
    """A text in exactly so many cells: cut with ``…``, or padded."""
    missing = cells - width(text)
    if missing >= 0:
        return text + " " * missing
    if cells <= 0:
        return ""
    kept, used = [], 0
    for character in text:
        taken = _cells(character)
        if used + taken > cells - 1:
            break
        kept.append(character)
        used += taken
    return "".join(kept) + "…" + " " * (cells - 1 - used)


def short(seconds: float) -> str:
    """``38s``, ``9m45``, ``1h02``: at most six cells."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}"
    return f"{whole // 3600}h{whole // 60 % 60:02}"


class Paint:
    """Colours, or none."""

    def __init__(self, color: bool) -> None:
        self._color = color

    def __call__(self, style: str, text: str) -> str:
        """``text`` in a style: ``bold``, ``dim``, ``red``, ``green``, ``yellow``, ``cyan``, …"""
        if not (self._color and style and text):
            return text
        codes = ";".join(_CODES[word] for word in style.split())
        return f"\x1b[{codes}m{text}\x1b[0m"


_CODES = {
    "bold": "1", "dim": "2", "under": "4", "reverse": "7",
    "red": "31", "green": "32", "yellow": "33", "cyan": "36",
}  # fmt: skip


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
