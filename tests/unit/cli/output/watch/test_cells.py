"""Text in cells: as wide as it looks, cut where it must be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksimage.cli.output.watch.cells import Paint, fit, short, width


@given(st.text(), st.integers(0, 40))
def test_fitted_text_has_exactly_its_cells(text: str, cells: int) -> None:
    assert width(fit(text, cells)) == cells


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (59.9, "59s"), (60, "1m00"), (3599, "59m59"), (3720, "1h02")]
)
def test_times_are_short(seconds: float, text: str) -> None:
    assert short(seconds) == text


@pytest.mark.parametrize(
    ("text", "cells", "fitted"),
    [("abc", 5, "abc  "), ("abcdef", 4, "abc…"), ("密码库", 4, "密… "), ("abc", 0, "")],
)
def test_cut_and_padded(text: str, cells: int, fitted: str) -> None:
    assert fit(text, cells) == fitted


def test_a_combining_mark_takes_no_cell_of_its_own() -> None:
    assert width("e\u0301") == 1


def test_paint_with_and_without_colours() -> None:
    assert Paint(True)("bold red", "x") == "\x1b[1;31mx\x1b[0m"
    assert Paint(False)("bold red", "x") == Paint(True)("", "x") == "x"
    assert Paint(True)("red", "") == ""
