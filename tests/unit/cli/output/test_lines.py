"""Lines that fit: columns and characters."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksimage.cli.output.lines import aligned, encodable, wrapped


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def sixty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")


TEXT = st.lists(st.text("abc-/:.@", min_size=1, max_size=80), max_size=30).map(" ".join)


@given(TEXT)
def test_no_word_is_broken_and_none_is_lost(text: str) -> None:
    assert os.environ["COLUMNS"] == "60"
    lines = wrapped("label    ", text, Screen()).split("\n")
    assert " ".join(lines).split() == ["label", *text.split()]
    assert all(len(line) <= 60 or len(line.split()) <= 2 for line in lines)
    assert all(line.startswith("         ") for line in lines[1:])


def test_elsewhere_a_line_is_one() -> None:
    text = "word " * 40
    assert wrapped("label    ", text, io.StringIO()) == f"label    {text}"


def test_signs_for_a_stream_that_has_none() -> None:
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    utf8 = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    assert encodable("✓ a… → b", ascii_only) == "ok a... -> b"
    assert encodable("✓ a… → b", utf8) == "✓ a… → b"


CELLS = st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), min_size=1, max_size=6)


@given(CELLS)
def test_a_row_is_a_line(rows: list[tuple[str, str]]) -> None:
    lines = aligned(rows)
    assert len(lines) == len(rows)
    assert all("\n" not in line and "\x1b" not in line and "\r" not in line for line in lines)


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned([("a", "b"), ("long", "c")]) == ["a     b", "long  c"]
    assert aligned([("a", "")]) == ["a"]
