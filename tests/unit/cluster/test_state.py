"""The program that looks into the pod, on the Pythons of all images, and its line."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ksimage import resources
from ksimage.cluster.state import parse
from ksimage.errors import ClusterAnswerCut

PYTHONS = sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python3"))


def results(folder: Path) -> Path:
    """A hook, a stray one, and two runs: one that ended well, one that failed in a loop."""
    (folder / "hooks").mkdir()
    (folder / "hooks" / "installRunner.py").write_text("#!/bin/sh\n")
    stray = folder / "hooks" / "installRunner.py.orig"
    stray.write_text("#!/bin/sh\n")
    stray.chmod(0o755)
    for component, rc in (("common", 0), ("monitoring", 2)):
        events = folder / "results" / component / component / "job_events"
        events.mkdir(parents=True)
        (events.parent / "rc").write_text(str(rc))
        (events.parent / "command").write_text("{}")
        task = {"task": f"{component} | last"}
        (events / "1-a.json").write_text(json.dumps({"event": "x", "event_data": task}))
        (events / "2-b.json").write_text("{half")
        (events / "3-c-partial.json").write_text("{}")
        if rc:
            items = [{"failed": False, "msg": "fine"}, {"failed": True, "stderr": "no\nroute\n"}]
            failed = {"task": "monitoring | helm", "res": {"results": items}}
            event = {"event": "runner_on_failed", "event_data": failed}
            (events / "10-d.json").write_text(json.dumps(event))
            ignored = {"task": "ignored", "ignore_errors": True, "res": {"msg": "never mind"}}
            event = {"event": "runner_on_failed", "event_data": ignored}
            (events / "11-e.json").write_text(json.dumps(event))
    return folder


def program(folder: Path) -> str:
    text = resources.path("templates/pod/state.py").read_text()
    text = text.replace("/hooks/kubesphere/installRunner.py", f"{folder}/hooks/installRunner.py")
    text = text.replace('HOOKS = "/hooks"', f'HOOKS = "{folder}/hooks"')
    return text.replace("/kubesphere/results", f"{folder}/results")


@pytest.mark.parametrize("python", [Path(sys.executable), *PYTHONS], ids=str)
def test_it_sees_hooks_runs_and_what_failed(python: Path, tmp_path: Path) -> None:
    folder = results(tmp_path)
    code = program(folder)
    assert code.isascii()
    done = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, env={"KS_INSTALLER_VERBOSITY": "4"}
    )
    if done.returncode and "No module named" in done.stderr:
        pytest.skip(f"{python} is not whole")
    assert done.returncode == 0, done.stderr
    seen = parse(done.stdout)
    assert seen.hook_sha256 == hashlib.sha256(b"#!/bin/sh\n").hexdigest()
    assert [Path(path).name for path in seen.stray] == ["installRunner.py.orig"]
    assert seen.env == {"KS_INSTALLER_VERBOSITY": "4"}
    assert seen.marker is None
    steps = {step.component: step for step in seen.steps}
    assert steps["common"].rc == 0
    assert steps["common"].task == "common | last"
    assert steps["monitoring"].failure == ("monitoring | helm", "no\nroute")
    assert [step.component for step in seen.failed] == ["monitoring"]


def test_a_line_that_is_not_whole_is_none() -> None:
    line = json.dumps({"now": 1.0, "runs": []})
    whole = f"{line}\t{hashlib.sha256(line.encode()).hexdigest()}\n"
    assert parse(whole).now == 1.0
    for end in range(0, len(whole) - 1, 7):
        with pytest.raises(ClusterAnswerCut):
            parse(whole[:end])


@pytest.mark.parametrize("found", ['{"hooks": 7}', '{"runs": [7, {"rc": "x"}]}', "[]", "7"])
def test_a_strange_pod_raises_nothing_else(found: str) -> None:
    parse(f"{found}\t{hashlib.sha256(found.encode()).hexdigest()}")
