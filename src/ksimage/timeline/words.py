"""Numbers, times and hostile text as people read them. The page's `format.js` says them alike."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LINE = 200
"""Characters of a name, a path or any other text of one line."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_SEQUENCES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
# Controls, what turns or hides text (bidi, zero width, tags), separators, and lone surrogates.
_HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def paragraph(text: str, limit: int) -> str:
    """The last ``limit`` characters of ``text``, lines kept; what could act or deceive is ``·``."""
    if len(text) > 8 * limit:
        text = text[-8 * limit :]
    text = _HOSTILE.sub("·", _SEQUENCES.sub("", text.replace("\r\n", "\n"))).replace("\t", "    ")
    return text if len(text) <= limit else "…" + text[1 - limit :]


def line(text: str, limit: int = LINE) -> str:
    """The first ``limit`` characters of ``text`` on one line."""
    text = " ".join(_HOSTILE.sub("·", _SEQUENCES.sub("", text[: 8 * limit])).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def task_name(name: str) -> str:
    """A task's name without the ``Component | `` that upstream puts before it; fit for showing."""
    head, bar, rest = name[: 8 * LINE].partition(" | ")
    return line(rest if bar and rest.strip() and len(head) <= 40 else name) or "unnamed"


def duration(seconds: float) -> str:
    """``212 ms``, ``4.9 s``, ``5m19``, ``1h02m07``."""
    if seconds < 0.9995:
        return f"{round(seconds * 1000)} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}h{minutes:02}m{rest:02}" if hours else f"{minutes}m{rest:02}"


def moment(time: float) -> str:
    """``2026-11-26 03:52:20`` in UTC; beyond the calendar, its last or first second."""
    try:
        return f"{(_EPOCH + timedelta(seconds=time)).replace(tzinfo=None):%Y-%m-%d %H:%M:%S}"
    except OverflowError:
        return "9999-12-31 23:59:59" if time > 0 else "0001-01-01 00:00:00"


def count(number: int, one: str, many: str = "") -> str:
    """``1 task``, ``1,204 tasks``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def columns(rows: Sequence[Sequence[str]], right: str = "", indent: str = "  ") -> list[str]:
    """One line a row, columns aligned; to the right where ``right`` holds an ``r``."""
    if not rows:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if right[at : at + 1] == "r" else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append((indent + "  ".join(cells)).rstrip())
    return lines
