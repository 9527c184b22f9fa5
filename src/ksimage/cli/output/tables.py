"""Aligned columns of plain text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ksimage.cli.output.lines import clean

if TYPE_CHECKING:
    from collections.abc import Sequence


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
