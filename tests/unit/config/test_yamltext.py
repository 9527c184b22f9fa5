"""The text of a settings file, before any key is read."""

from __future__ import annotations

import pytest

from ksimage.config.yamltext import MAX_BYTES, MAX_DEPTH, compose


def reasons(data: bytes) -> list[str]:
    return [str(fault) for fault in compose(data, "x")[1]]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a: &b 1", "x:1:4: anchors and aliases (& and *) are not supported: write the value out"),
        (b"a: !x 1", "x:1:4: YAML tags (! and !!) are not supported: write the plain value"),
        (b"a: 1\n---\nb: 2", "x:2:1: a second document begins here: one file holds one document"),
        (b"a: \xff", "x:1:4: byte 0xff is not UTF-8: save the file as UTF-8"),
        (b"\xff\xfea", "x:1:1: is UTF-16: save it as UTF-8"),
        (b"a:\n\t- b", "x:2:1: a tab cannot indent or begin a value in YAML: use spaces"),
        (b'a: "b', "x:1:4: the quote that opens here is never closed"),
        (b"x" * (MAX_BYTES + 1), f"x: is larger than {MAX_BYTES >> 10} KiB"),
    ],
)
def test_what_has_no_place_there(data: bytes, told: str) -> None:
    assert reasons(data) == [told]


def test_nesting_has_a_bound() -> None:
    assert reasons(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH) == []
    assert "nested too deeply" in reasons(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))[0]


def test_an_empty_file_has_no_root() -> None:
    assert compose(b"", "x") == (None, [])
    assert compose(b"# nothing\n", "x") == (None, [])
