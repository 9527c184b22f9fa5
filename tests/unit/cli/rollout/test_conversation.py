"""The question before a restart."""

from __future__ import annotations

import io
import sys

import click
import pytest

from ksimage.cli.output.terminal import Terminal
from ksimage.cli.rollout.conversation import Conversation
from ksimage.cluster.kubectl import Kubectl
from ksimage.errors import UsageError


class _Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_yes_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    Conversation(Terminal(), Kubectl(), yes=True).confirm("Restart?")


@pytest.mark.parametrize("stdin", [None, io.StringIO("y\n")])
def test_where_nobody_can_be_asked(monkeypatch: pytest.MonkeyPatch, stdin: io.StringIO) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(UsageError) as raised:
        Conversation(Terminal(), Kubectl()).confirm("Restart?")
    assert "--yes" in raised.value.advice[0]


@pytest.mark.parametrize(("answer", "goes_on"), [("y\n", True), ("n\n", False)])
def test_the_answer_counts(monkeypatch: pytest.MonkeyPatch, answer: str, goes_on: bool) -> None:
    monkeypatch.setattr(sys, "stdin", _Tty(answer))
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: answer.strip())
    if goes_on:
        Conversation(Terminal(), Kubectl()).confirm("Restart?")
        return
    with pytest.raises(click.exceptions.Exit) as ended:
        Conversation(Terminal(), Kubectl()).confirm("Restart?")
    assert ended.value.exit_code == 0
