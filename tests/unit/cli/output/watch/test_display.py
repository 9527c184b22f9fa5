"""A full screen: what is written to the terminal, and how it is left."""

from __future__ import annotations

import io

import pytest

from ksimage.cli.output.watch.display import Display


class _Terminal(io.StringIO):
    def fileno(self) -> int:
        raise OSError


def test_only_changed_lines_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    stream = _Terminal()
    with Display(stream) as display:
        display.show(["one", "two", "three"])
        begin = stream.tell()
        display.show(["one", "2", "three"])
        assert stream.getvalue()[begin:] == "\x1b[?2026h\x1b[2;1H2\x1b[K\x1b[?2026l"
        begin = stream.tell()
        display.show(["one", "2", "three"])
        assert stream.tell() == begin
        monkeypatch.setenv("COLUMNS", "100")
        display.show(["one", "2", "three"])
        assert stream.getvalue()[begin:].startswith("\x1b[?2026h\x1b[2J\x1b[1;1Hone")
    assert stream.getvalue().endswith("\x1b[?25h\x1b[?1049l")


def test_no_more_lines_than_the_terminal_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "6")
    stream = _Terminal()
    Display(stream).show([f"line {number}" for number in range(20)])
    assert "line 5" in stream.getvalue() and "line 6" not in stream.getvalue()


def test_a_terminal_that_says_it_is_tiny_gets_a_usable_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "1")
    monkeypatch.setenv("LINES", "1")
    assert Display(_Terminal()).size == (20, 5)
