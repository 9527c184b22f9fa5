"""labelled-output when something goes wrong: the installation ends, and every event is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.behaviour.hooks import patched, pristine
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
