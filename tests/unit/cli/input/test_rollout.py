"""The question before a restart."""

from __future__ import annotations

import io
import sys

import click
import pytest

from ksimage.cli.input.rollout import confirm
from ksimage.cli.output.terminal import Terminal
from ksimage.errors import UsageError


class _Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_yes_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    confirm(Terminal(), "Restart?", yes=True)


@pytest.mark.parametrize("stdin", [None, io.StringIO("y\n")])
def test_where_nobody_can_be_asked(monkeypatch: pytest.MonkeyPatch, stdin: io.StringIO) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(UsageError) as raised:
        confirm(Terminal(), "Restart?", yes=False)
    assert "--yes" in raised.value.advice[0]


@pytest.mark.parametrize(("answer", "goes_on"), [("y\n", True), ("n\n", False)])
def test_the_answer_counts(monkeypatch: pytest.MonkeyPatch, answer: str, goes_on: bool) -> None:
    monkeypatch.setattr(sys, "stdin", _Tty(answer))
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: answer.strip())
    if goes_on:
        confirm(Terminal(), "Restart?", yes=False)
        return
    with pytest.raises(click.exceptions.Exit) as ended:
        confirm(Terminal(), "Restart?", yes=False)
    assert ended.value.exit_code == 0
