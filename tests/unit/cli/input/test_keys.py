"""Keys of a terminal, read one by one."""

from __future__ import annotations

import io

import pytest

from ksimage.cli.input.keys import Keys


def test_where_no_terminal_is_there_are_no_keys() -> None:
    with Keys(io.StringIO()) as keys:
        assert keys.pressed() == []


def test_keys_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    import os
    import pty

    ours, theirs = pty.openpty()
    with open(theirs, closefd=True) as stream, Keys(stream) as keys:  # noqa: PTH123
        os.write(ours, b"q\x1b[A\x1bOBx")
        pressed: list[str] = []
        while len(pressed) < 4:
            pressed += keys.pressed()
        assert pressed == ["q", "up", "down", "x"]
    os.close(ours)
