"""labelled-output when something goes wrong: the installation ends, and every event is kept."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.behaviour.hooks import DEFAULTS, in_process, patched, pristine
from tests.behaviour.installation import PARALLEL, Installation

if TYPE_CHECKING:
    from pathlib import Path

_ONLY_THE_PARALLEL_PHASE = """
hook.preInstallTasks = lambda: None
hook.resultInfo = lambda *_: print('state is known')
"""
FAULTS = {
    "note": "hook.ComponentOutput.takeNote = lambda self, event: 1 / 0",
    "event": "hook.ComponentOutput.onEvent.__globals__['re'] = None",
    "write": "hook.ComponentOutput.write = lambda self, lines: [].pop()",
    "stream": """
class Broken:
    def write(self, text):
        raise OSError(28, 'No space left on device')
    flush = close = write
upstream = hook.ComponentOutput.__init__
def broken(self, name):
    upstream(self, name)
    self.stream = Broken()
hook.ComponentOutput.__init__ = broken
""",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_labelling_stops_nothing(fault: str, runner: Path, tmp_path: Path) -> None:
    installation = Installation(
        tmp_path / "kubesphere",
        runner,
        patched(pristine()),
        prepare=_ONLY_THE_PARALLEL_PHASE + FAULTS[fault],
    )
    run = installation.run(timeout=60)
    assert run.status == 0, run.log()
    assert "state is known" in run.output
    for name in PARALLEL:
        events = run.events(name)
        assert [event["counter"] for event in events] == list(range(1, len(events) + 1))
        assert f"task {name} status is successful" in run.log()
    if fault == "note":
        assert "[network] TASK [network only]" in run.output
        assert "network says hello" in run.output


TOKEN, JWT = "Planted0Token0of0the0account", "short1"
COMMAND = f"kubectl create secret generic x --from-literal=token={TOKEN} --from-literal=s={JWT}"


def printed(
    monkeypatch: pytest.MonkeyPatch, kind: str, level: str, names: tuple[str, ...] = DEFAULTS
) -> str:
    """What one event of a failed task looks like in the log."""
    monkeypatch.setenv("KS_INSTALLER_VERBOSITY", level)
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    hook: Any = in_process(patched(pristine(), names))
    result = {"cmd": COMMAND, "rc": 1, "stderr": "already exists"}
    text = f"\x1b[0;31mfatal: [localhost]: FAILED! => {json.dumps(result)}\x1b[0m"
    event = {"event": kind, "stdout": text, "event_data": {"task": "token", "res": result}}
    assert hook.ComponentOutput("network").onEvent(event) is True
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["runner_on_failed", "runner_item_on_failed", "runner_retry"])
def test_a_failed_task_shows_no_secrets_at_level_0(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = printed(monkeypatch, kind, "0")
    assert TOKEN not in shown and JWT not in shown
    assert shown.startswith("[network] fatal: [localhost]: FAILED! => {")
    assert "already exists" in shown


def test_from_level_1_on_it_is_ansibles_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert TOKEN in printed(monkeypatch, "runner_on_failed", "1")


def test_so_it_is_without_the_failure_report(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("unquiet", "verbosity", "labelled-output")
    assert TOKEN in printed(monkeypatch, "runner_on_failed", "0", names)


def test_what_cannot_be_masked_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    hook: Any = in_process(patched(pristine()))
    monkeypatch.setattr(hook, "masked", None)
    assert hook.maskedResult(TOKEN, {}) == "(not shown, for it could not be masked: TypeError)"


def test_a_long_result_keeps_its_head(monkeypatch: pytest.MonkeyPatch) -> None:
    hook: Any = in_process(patched(pristine()))
    result = {"stdout": "word " * 9000 + "end", "cmd": COMMAND}
    shown = hook.maskedResult(f"fatal: [node1]: UNREACHABLE! => {json.dumps(result)}", {})
    assert shown.startswith('fatal: [node1]: UNREACHABLE! => {"stdout"') and TOKEN not in shown
    assert len(shown) < 21000


def test_what_is_no_result_is_masked_as_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    hook: Any = in_process(patched(pristine()))
    for text in (COMMAND, f"fatal: [x]: FAILED! => {{broken {COMMAND}"):
        assert TOKEN not in hook.maskedResult(text, {})
