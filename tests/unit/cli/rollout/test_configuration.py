"""Changing the ClusterConfiguration: shown first, refused while an installation runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.cli.rollout.conftest import Cluster, looked

from ksimage.cli.output.terminal import Terminal
from ksimage.cli.rollout.configuration import run_component, set_verbosity
from ksimage.cli.rollout.conversation import Conversation
from ksimage.errors import RolloutRefused, UsageError

BUSY = looked(hooks=[50.0])


def test_a_dry_run_prints_the_command_and_changes_nothing(
    cluster: Cluster, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_verbosity(Conversation(Terminal(), cluster(), dry_run=True), 3)
    said = capsys.readouterr()
    assert "verbosity" in said.out and " patch " in said.out
    assert " patch " not in log.read_text()


def test_without_yes_and_without_anybody_to_ask_nothing_is_changed(
    cluster: Cluster, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UsageError):
        set_verbosity(Conversation(Terminal(), cluster()), 3)
    assert " patch " not in log.read_text()


def test_a_component_waits_for_the_installation_at_work(cluster: Cluster, log: Path) -> None:
    kubectl = cluster(**{" exec ": BUSY})
    with pytest.raises(RolloutRefused):
        run_component(Conversation(Terminal(), kubectl, yes=True), "monitoring")
    assert " patch " not in log.read_text()


def test_a_verbosity_is_queued_behind_it(
    cluster: Cluster, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_verbosity(Conversation(Terminal(), cluster(**{" exec ": BUSY}), yes=True), 3)
    assert " patch " in log.read_text()
    assert "queued behind it" in capsys.readouterr().err


def test_what_is_next_leads_to_the_same_cluster(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    terminal.complete = lambda line, _: f"{line} -n ks"
    set_verbosity(Conversation(terminal, cluster(**{" exec ": BUSY}), yes=True), 3)
    assert "next: ksimage watch -n ks\n" in capsys.readouterr().err
