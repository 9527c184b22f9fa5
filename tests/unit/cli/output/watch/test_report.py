"""What is said at the end: how it went, why, what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.story import Story

from ksimage.cli.output.watch.cells import Paint
from ksimage.cli.output.watch.report import advice, report
from ksimage.events.frames import Chronicle
from ksimage.events.model import Damage, Run
from ksimage.events.phases import InstallationOutcome, InstallationVerdict, judge
from ksimage.events.sources import FolderSource

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = Paint(False)


def _told(root: Path, *, fails: bool) -> Chronicle:
    Story(root, fails=fails)
    told = Chronicle()
    for frame in FolderSource(root).frames():
        told.take(frame)
    return told


def test_a_failure_with_its_task_and_output(tmp_path: Path) -> None:
    told = _told(tmp_path, fails=True)
    text = "\n".join(report(told, judge(told.attempt, ()), PLAIN))
    assert "✗ monitoring failed after 4m00" in text
    assert "  task    Importing status" in text
    assert "  at      /roles/monitoring/main.yaml:5" in text
    assert "  output  error: gave up" in text
    assert 'kk will still say "Welcome to KubeSphere!": do not believe it' in text


def test_a_success_names_what_took_longest(tmp_path: Path) -> None:
    told = _told(tmp_path, fails=False)
    said = report(told, judge(told.attempt, ()), PLAIN)
    slow = [line for line in said if line.startswith("  slowest")]
    assert len(slow) == 3 and "devops" in slow[0]
    assert not any("Welcome" in line for line in said)


def test_a_failure_without_an_event_that_tells() -> None:
    told = Chronicle()
    run = Run("ks-core", "ks-core", "u", 1.0, 3.0, rc=2, state="failed")
    told.attempt.runs.append(run)
    text = "\n".join(report(told, judge(told.attempt, ()), PLAIN))
    assert "no event tells which task; ansible ended with status 2" in text
    assert "Welcome" not in text  # kk does not say it when ks-core fails


def test_what_comes_after_the_end_is_nobodys_worry() -> None:
    told = Chronicle()
    for name in ("devops", "telemetry"):
        told.attempt.runs.append(Run(name, name, name, 1.0, None, state="cut"))
    text = "\n".join(report(told, judge(told.attempt, (), over=True), PLAIN))
    assert "? devops: ended, state unknown" in text
    assert "telemetry" not in text


def test_files_that_could_not_be_read_are_counted_and_one_is_named() -> None:
    told = Chronicle()
    told.attempt.damage += [Damage("a\x1b.json", "cut"), Damage("b.json", "cut")]
    text = "\n".join(report(told, judge(told.attempt, (), over=True), PLAIN))
    assert "2 event files could not be read; a" in text and "\x1b" not in text


def test_a_failure_took_until_its_end_and_not_until_somebody_asked(tmp_path: Path) -> None:
    told = _told(tmp_path, fails=True)
    verdict = judge(told.attempt, ())
    before = report(told, verdict, PLAIN)[0]
    told.now += 9 * 3600
    assert report(told, verdict, PLAIN)[0] == before


def test_what_came_over_stdin_cannot_be_read_again() -> None:
    assert advice(InstallationVerdict("failed", (), (), ""), False, ["-"]) == []


@pytest.mark.parametrize(
    ("outcome", "live", "first", "count"),
    [
        ("success", True, None, 0),
        ("failed", True, "ksimage collect -o bundle.tar.gz --context 'a b'", 2),
        ("unknown", True, "ksimage watch --context 'a b'", 3),
        ("failed", False, "ksimage timeline --context 'a b'", 1),
    ],
)
def test_what_to_type_next(
    outcome: InstallationOutcome, live: bool, first: str | None, count: int
) -> None:
    said = advice(InstallationVerdict(outcome, (), (), ""), live, ["--context", "a b"])
    assert len(said) == count
    assert (said[0] if said else None) == first
