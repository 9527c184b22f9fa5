"""Columns of text from anywhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ksimage.cli.output.tables import aligned

CELLS = st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), min_size=1, max_size=6)


@given(CELLS)
def test_a_row_is_a_line(rows: list[tuple[str, str]]) -> None:
    lines = aligned(rows)
    assert len(lines) == len(rows)
    assert all("\n" not in line and "\x1b" not in line and "\r" not in line for line in lines)


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned([("a", "b"), ("long", "c")]) == ["a     b", "long  c"]
    assert aligned([("a", "")]) == ["a"]
