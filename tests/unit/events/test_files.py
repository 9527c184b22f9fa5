"""Names and contents of event files."""

from __future__ import annotations

import pytest

from ksimage.events import files


@pytest.mark.parametrize(
    ("name", "counter"),
    [
        ("12-ab.json", 12),
        ("1-ab-partial.json", None),
        ("1-ab.json.tmp", None),
        ("\u0663-ab.json", None),
        ("-1-ab.json", None),
        ("x-ab.json", None),
        ("9" * 200 + "-ab.json", None),
        ("../../1-x.json", None),
    ],
)
def test_only_event_files_have_a_counter(name: str, counter: int | None) -> None:
    assert files.counter_of(name) == counter


def test_files_are_read_by_number_not_by_name() -> None:
    assert files.in_order(["10-a.json", "9-b.json", "x", "1-c.json"]) == [
        "1-c.json", "9-b.json", "10-a.json"
    ]  # fmt: skip


def test_a_partial_file_is_left_over_only_without_its_whole() -> None:
    names = ["1-aa.json", "aa-partial.json", "bb-partial.json"]
    assert files.left_over(names) == ["bb-partial.json"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b'{"event": "verb', "ends in the middle"),
        (b"nonsense}", "not JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b" " * (5 << 20), "larger than 4 MiB"),
        (b'{"counter": ' + b"9" * 5000 + b"}", "thousands of digits"),
    ],
)
def test_what_is_no_event_is_said_in_words(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        files.parse(data)


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    assert files.parse(b'{"a": "x\xff"}') == {"a": "x\ufffd"}
