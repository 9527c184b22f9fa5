"""``ksimage watch`` of what is over: folders, bundles, recordings; texts, JSON, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest
from tests.support.program import COMMAND, environment
from tests.support.story import Story

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.program import Finished

    Run = Callable[..., Finished]


def test_a_folder_with_a_failure_is_reported(run: Run, tmp_path: Path) -> None:
    Story(tmp_path / "results")
    done = run("watch", "results")
    assert done.code == 24
    lines = done.stdout.splitlines()
    assert "04:00:00 preinstall started" in lines
    assert "04:04:23 monitoring ok: Waiting until it is ready (40s)" in lines
    assert "04:05:03 monitoring FAILED ok=5 changed=0 failed=1" in lines
    at = lines.index("✗ the installation failed after 7m02: monitoring")
    assert lines[at + 1 : at + 10] == [
        "✗ monitoring failed after 4m00",
        "  task    Importing status",
        "  role    role-monitoring",
        "  at      /roles/monitoring/main.yaml:5",
        "  output  $ kubectl apply -f monitoring.yaml",
        "  output  non-zero return code",
        "  output  error: no space left on device",
        "  output  error: gave up",
        '  kk will still say "Welcome to KubeSphere!": do not believe it',
    ]
    assert "error: the installation failed: monitoring" in done.stderr
    assert "ksimage timeline results" in done.stderr


def test_a_folder_of_a_success(run: Run, tmp_path: Path) -> None:
    Story(tmp_path / "results", fails=False)
    done = run("watch", "results").ok()
    assert "✓ installed in 7m" in done.stdout


def test_what_was_cut_is_not_called_a_success(run: Run, tmp_path: Path) -> None:
    Story(tmp_path / "results", fails=False, until=300)
    done = run("watch", "results")
    assert done.code == 25
    assert "? ended, state unknown after 4m" in done.stdout
    assert ": result-info never began" in done.stdout
    assert "? devops: ended, state unknown (it has no summary)" in done.stdout


def test_a_failure_is_told_though_the_end_was_cut_off(run: Run, tmp_path: Path) -> None:
    Story(tmp_path / "results", until=320)
    done = run("watch", "results")
    assert done.code == 24
    assert "✗ monitoring failed" in done.stdout
    assert "whether the rest was installed is unknown: result-info never began" in done.stdout


def test_what_is_broken_is_not_advised_to_be_read_by_another_command(
    run: Run, tmp_path: Path
) -> None:
    Story(tmp_path / "results", fails=False)
    run("watch", "results", "--save", "run.jsonl").ok()
    with (tmp_path / "run.jsonl").open("a") as file:
        file.write("[]\n")
    done = run("watch", "run.jsonl")
    assert done.code == 14
    assert "run.jsonl is no recording" in done.stderr
    assert "ksimage timeline" not in done.stderr


def test_events_are_told_in_the_order_of_their_times(run: Run, tmp_path: Path) -> None:
    Story(tmp_path / "results")
    done = run("watch", "results")
    clocks = [line[:8] for line in done.stdout.splitlines() if line[:2] == "04"]
    assert clocks == sorted(clocks)
    assert len(clocks) > 100


def test_json_has_an_object_a_line_and_the_verdict_at_the_end(run: Run, tmp_path: Path) -> None:
    Story(tmp_path / "results")
    done = run("watch", "results", "--output", "json")
    assert done.code == 24
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert documents[0] == {"schema": "ksimage/watch/v1", "type": "begin", "title": "results"}
    end = documents[-1]
    events = [one for one in documents if one["type"] == "event"]
    assert end == {
        "type": "end",
        "outcome": "failed",
        "exit_code": 24,
        "failed": ["monitoring"],
        "missing": [],
        "why": "",
        "events": len(events),
        "attempts": 1,
    }
    (failed,) = [one for one in events if one["event"] == "runner_on_failed"]
    assert failed["task"]["state"] == "failed"
    assert "no space left" in failed["task"]["output"]


def test_a_recording_of_a_bundle_says_the_same(run: Run, tmp_path: Path) -> None:
    Story(tmp_path / "results")
    with tarfile.open(tmp_path / "bundle.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "results", "ksimage-bundle/results")
    first = run("watch", "bundle.tar.gz", "--save", "saved.jsonl.gz")
    second = run("watch", "saved.jsonl.gz", "--speed", "100000")
    assert first.code == second.code == 24
    mark = "✗ the installation failed"
    assert first.stdout[first.stdout.index(mark) :] == second.stdout[second.stdout.index(mark) :]


def test_a_recording_comes_through_a_pipe(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Story(tmp_path / "results")
    run("watch", "results", "--save", "saved.jsonl")
    with (tmp_path / "saved.jsonl").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert run("watch", "-").code == 24


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        ("missing.tar.gz", 14, "missing.tar.gz"),
        ("some/folder", 14, "some/folder"),
        ("empty", 14, "no installation's results in empty"),
        ("text.txt", 21, "no usable bundle"),
        ("other.jsonl", 14, "no recording"),
    ],
)
def test_what_cannot_be_watched_is_refused_in_words(
    run: Run, tmp_path: Path, name: str, code: int, text: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").write_text("hello " * 1000)
    (tmp_path / "other.jsonl").write_text('{"a": 1}\n')
    done = run("watch", name)
    assert done.code == code
    assert text in done.stderr


def test_a_pod_has_no_speed(run: Run) -> None:
    done = run("watch", "--speed", "60")
    assert done.code == 2
    assert "--save" in done.stderr


def test_hostile_text_reaches_no_terminal(run: Run, tmp_path: Path) -> None:
    story = Story(tmp_path / "results", until=20)
    evil = "\x1b]0;owned\x07\u202e\x00\r\nfatal"
    data = {
        "task": evil,
        "task_uuid": "x",
        "host": "localhost",
        "res": {"stderr": evil, "msg": evil},
    }
    story._until = 1e9
    story.event("logging", 60, "runner_on_failed", data, evil)
    story.event("logging", 61, "playbook_on_stats", {"failures": {"localhost": 1}})
    done = run("watch", "results")
    assert "owned" not in done.stdout
    assert all(character.isprintable() or character == "\n" for character in done.stdout)


def test_a_terminal_of_ascii_is_no_obstacle(tmp_path: Path) -> None:
    Story(tmp_path / "results")
    command = [*COMMAND, "watch", "results"]
    env = environment({"PYTHONIOENCODING": "ascii"})
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 24
    assert " monitoring failed after 4m00" in done.stdout
