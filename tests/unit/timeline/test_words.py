from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksimage.timeline.words import columns, count, duration, line, moment, paragraph, task_name

BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def is_harmless(char: str) -> bool:
    """Unicode's own words for what could act, turn text round or not be encoded."""
    return (
        unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
        and unicodedata.bidirectional(char) not in BIDI
    )


@given(st.text(st.characters(), max_size=80), st.integers(2, 90))
def test_nothing_that_could_act_is_left(text: str, limit: int) -> None:
    shown = line(text, limit)
    assert all(map(is_harmless, shown))
    assert len(shown) <= limit
    shown = paragraph(text, limit)
    assert all(char == "\n" or is_harmless(char) for char in shown)
    assert len(shown) <= limit
    shown.encode()


@given(st.text(st.characters(categories=("L", "N", "P", "S")), max_size=60))
def test_ordinary_text_stays(text: str) -> None:
    assert line(text) == text
    assert paragraph(f"{text}\n{text}", 200) == f"{text}\n{text}"


def test_escape_sequences_go_whole() -> None:
    assert line("\x1b[1;31mred\x1b[0m \x1b]0;title\x07end") == "red end"
    assert line("\x1b[12") == "·[12"


def test_of_a_long_output_the_end_is_kept() -> None:
    assert paragraph("begin " + "x" * 10_000_000 + " end", 12) == "…xxxxxxx end"
    assert line("begin " + "x" * 10_000_000, 8) == "begin x…"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Monitoring | Creating manifests", "Creating manifests"),
        ("ks-core : Monitoring | Getting | all", "Getting | all"),
        ("plain", "plain"),
        ("Common | ", "Common |"),
        ("a pipe " + "far " * 12 + "| behind", "a pipe " + "far " * 12 + "| behind"),
        ("", "unnamed"),
    ],
)
def test_a_task_goes_without_its_prefix(name: str, shown: str) -> None:
    assert task_name(name) == shown


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.2124, "212 ms"),
        (0.9994, "999 ms"),
        (0.9999, "1.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1m00"),
        (319.6, "5m20"),
        (3599.6, "1h00m00"),
        (3727, "1h02m07"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_moments_are_utc() -> None:
    assert moment(0) == "1970-01-01 00:00:00"
    assert moment(-1) == "1969-12-31 23:59:59"
    assert moment(1e12) == "9999-12-31 23:59:59"
    assert moment(-1e300) == "0001-01-01 00:00:00"


def test_counts() -> None:
    assert count(1, "retry", "retries") == "1 retry"
    assert count(1204, "task") == "1,204 tasks"


def test_columns_align() -> None:
    assert columns([("a", "1"), ("bcd", "22")], "lr", "") == ["a     1", "bcd  22"]
    assert columns([]) == []
