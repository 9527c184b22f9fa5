"""The default set on the hooks of several releases, and the reports of the sequential playbooks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.behaviour.hooks import DEFAULTS, patched, pristine
from tests.behaviour.installation import PARALLEL, Installation

if TYPE_CHECKING:
    from pathlib import Path

RELEASES = ["v3.0.0", "v3.4.1"]
if os.environ.get("KSIMAGE_BEHAVIOUR") == "all":
    RELEASES[1:1] = ["v3.1.0", "v3.2.1"]


@pytest.mark.parametrize("release", RELEASES)
def test_an_installation_from_beginning_to_end(release: str, runner: Path, tmp_path: Path) -> None:
    installation = Installation(
        tmp_path / "kubesphere", runner, patched(pristine(release), [*DEFAULTS, "early-config"])
    )
    run = installation.run()
    assert run.status == 0, run.log()
    parallel = PARALLEL[:2] if release == "v3.0.0" else PARALLEL
    for name in parallel:
        assert f"[{name}] TASK [{name} only]" in run.output
        assert f"[{name}] result: successful in " in run.output
    for name in run.playbooks - set(parallel):
        assert f"TASK [{name} only]" in run.output
    assert "Welcome to KubeSphere!" in run.output + run.log()
    assert "Failed in this run" not in run.output
    # The status has a "core" from the beginning: an upgrade.
    assert "ks-config-early" not in run.playbooks


# Phases that a test does not look at.
_NOT_BEFORE = "hook.preInstallTasks = lambda: None\n"
_NOT_PARALLEL = "hook.getResultInfo = lambda: False\n"
_NOT_AFTER = "hook.resultInfo = lambda *_: None\n"


@pytest.mark.parametrize("name", ["ks-core", "ks-config"])
def test_a_failed_sequential_playbook_is_reported(name: str, runner: Path, tmp_path: Path) -> None:
    installation = Installation(
        tmp_path / "kubesphere",
        runner,
        patched(pristine()),
        prepare=_NOT_PARALLEL + (_NOT_BEFORE if name == "ks-config" else ""),
    )
    installation.playbook(
        name, [{"name": "Applying it", "shell": "echo token=abcdefgh >&2; exit 1"}]
    )
    run = installation.run()
    assert run.status == 0, run.log()
    lines = [line.plain for line in run.stdout]
    report = lines[lines.index(f"Task '{name}' failed:") :]
    assert "1. task: Applying it" in report
    assert "   end of stderr: token=******" in report
    assert lines[-1] == f"Failed in this run: {name}. See the reports above."
    assert "telemetry" not in run.playbooks


def test_a_playbook_that_cannot_start_is_reported(runner: Path, tmp_path: Path) -> None:
    """Nothing to tell in the events: the output does."""
    installation = Installation(
        tmp_path / "kubesphere", runner, patched(pristine()), prepare=_NOT_BEFORE + _NOT_AFTER
    )
    (installation.folder / "playbooks" / "network.yaml").write_text(
        "- hosts: localhost\n  tusks: []"
    )
    run = installation.run()
    assert run.status == 0, run.log()
    lines = [line.plain for line in run.stdout]
    report = lines[lines.index("Task 'network' failed:") :]
    assert "No event tells what failed." in report
    assert any("tusks" in line for line in report)
    assert lines[-1] == "Failed in this run: network. See the reports above."
    assert "[network] result: failed (rc " in run.output
