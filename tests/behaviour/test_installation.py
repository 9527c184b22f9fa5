"""A whole installation on real ansible-runner: what an operator can read, and what is left."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from tests.behaviour.conftest import SECRET
from tests.behaviour.installation import PARALLEL

if TYPE_CHECKING:
    from tests.behaviour.installation import Line, Run

_ALWAYS = {*PARALLEL, "preinstall", "ks-core", "ks-config", "result-info", "telemetry"}
_LABEL = re.compile(r"\[([a-z-]+)\] (.*)")
_NOTE = re.compile(r"(.*?)(?:  )?\([^()]+, (\d+\.\d|\d+m\d\d)s\)")


def _phase(run: Run) -> list[str]:
    """The lines between the marks, without colours, up to the failure report."""
    lines = [line.plain for line in run.stdout]
    phase = lines[lines.index("@@ parallel phase begins") + 1 :]
    phase = phase[: phase.index("@@ parallel phase ends")]
    begin = phase.index("Task 'openpitrix' failed:")
    end = max(i for i, line in enumerate(phase) if line.startswith("*" * 20)) + 1
    return [line for line in phase[:begin] + phase[end:] if line]


def _pairs(run: Run, name: str) -> list[tuple[Line, dict[str, Any]]]:
    """The component's lines, in the order of printing, each with the event that it is from.

    Fails unless they are what Ansible said according to the event files: no line missing, none
    doubled.
    """
    said = []
    for line in run.stdout:
        match = _LABEL.fullmatch(line.plain)
        if match and match.group(1) == name and not match.group(2).startswith("result: "):
            note = _NOTE.fullmatch(match.group(2))
            text = note.group(1) if note else match.group(2)
            said += [(line, text.rstrip())] if text.strip() else []
    meant = [
        (event, plain.rstrip())
        for event in run.events(name)
        for text in re.split("\r\n|\r|\n", event.get("stdout") or "")
        if (plain := re.sub(r"\x1b\[[0-9;]*m", "", text)).strip()
    ]
    assert [text for _, text in said] == [text for _, text in meant]
    return [(line, event) for (line, _), (event, _) in zip(said, meant, strict=True)]


def _time(created: str) -> float:
    """Events before ansible-runner 2.4 have naive UTC."""
    made = datetime.fromisoformat(created)
    return (made if made.tzinfo else made.replace(tzinfo=timezone.utc)).timestamp()


def test_every_playbook_is_heard_although_settings_suppress_it(run: Run) -> None:
    assert run.status == 0, run.log()
    assert run.playbooks in (_ALWAYS, {*_ALWAYS, "metrics_server", "common"})
    for name in run.playbooks - set(PARALLEL):
        assert f"TASK [{name} only]" in run.output
    assert (run.artefacts("monitoring") / "stdout").stat().st_size > 0


def test_the_cluster_sets_the_level_of_every_playbook(run: Run) -> None:
    commands = sorted((run.folder / "results").glob("*/*/command"))
    assert len(commands) == len(run.playbooks)
    for command in commands:
        assert "-vvv" in json.loads(command.read_text())["command"], command


def test_every_line_of_the_parallel_phase_names_its_component(run: Run) -> None:
    lines = _phase(run)
    labelled = [_LABEL.fullmatch(line) for line in lines]
    assert [line for line, match in zip(lines, labelled, strict=True) if match is None] == []
    assert {match.group(1) for match in labelled if match} == set(PARALLEL)
    assert len(lines) > 100


def test_no_line_is_missing_and_none_is_printed_twice(run: Run) -> None:
    for name in PARALLEL:
        assert len(_pairs(run, name)) > 10


def test_a_result_tells_its_task_and_how_long_it_took(run: Run) -> None:
    waited = re.findall(r"\(monitoring waits, (\d+\.\d)s\)", run.output)
    assert len(waited) == 1
    assert 9 <= float(waited[0]) < 60


def test_each_component_ends_with_its_result(run: Run) -> None:
    results = {
        match.group(1): match.group(2)
        for line in run.stdout
        if (match := re.fullmatch(r"\[([\w-]+)\] result: (.*)", line.plain))
    }
    assert set(results) == set(PARALLEL)
    assert re.match(r"successful in \d+\.\ds: ok=8 changed=0 failed=0", results["network"])
    assert re.match(r"successful in \d+\.\ds: ok=3 changed=1 failed=0", results["monitoring"])
    assert re.match(
        r"failed \(rc 2\) in \d+\.\ds: ok=1 changed=1 failed=1 .*ignored=1", results["openpitrix"]
    )


def test_event_files_are_complete(run: Run) -> None:
    for name in PARALLEL:
        files = [f.name for f in (run.artefacts(name) / "job_events").iterdir()]
        assert all(re.fullmatch(r"\d+-[0-9a-f-]{36}\.json", file) for file in files), files
        events = run.events(name)
        assert [event["counter"] for event in events] == list(range(1, len(events) + 1))
        assert "playbook_on_stats" in [event["event"] for event in events]


def test_a_line_arrives_within_a_second(run: Run) -> None:
    """From the moment in which Ansible makes the event to the reading end of the pipe."""
    delays = [
        line.at - _time(event["created"])
        for name in PARALLEL
        for line, event in _pairs(run, name)
        if event["event"] != "verbose"
    ]
    assert len(delays) > 80
    assert max(delays) < 1, sorted(delays)[-5:]


def test_the_wait_loop_says_what_still_runs(run: Run) -> None:
    lines = [line.text for line in run.stderr if line.text.startswith("Still running")]
    assert any(
        re.fullmatch(r'Still running: monitoring for \d+s, task "monitoring waits" for \d+s', line)
        for line in lines
    ), run.log()


def test_the_report_names_the_cause_and_no_secret(run: Run) -> None:
    lines = [line.plain for line in run.stdout]
    begin = lines.index("Task 'openpitrix' failed:")
    report = lines[begin : begin + 20]
    assert "1. task: Deploying the store" in report
    assert "   host: localhost" in report
    assert "   role: ks-store" in report
    assert "   rc: 3" in report
    assert "   end of stderr: bad key ****** given" in report
    assert "1 failures with ignore_errors are not shown." in report
    event = next(line for line in report if line.startswith("   event: "))[10:]
    assert json.loads((run.folder / event).read_text())["event"] == "runner_on_failed"
    stdout = next(line for line in report if line.startswith("Full output: "))[13:]
    assert (run.folder / stdout).is_file()
    assert SECRET not in "\n".join(report[: report.index(f"Full output: {stdout}") + 1])
    assert lines[-1] == "Failed in this run: openpitrix. See the reports above."
