"""The screen's pure part, at the sizes that it promises, at moments of one installation."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from tests.support.story import Story

from ksimage.cli.output.watch import screen
from ksimage.cli.output.watch.cells import Paint, width
from ksimage.events.frames import Chronicle
from ksimage.events.phases import judge
from ksimage.events.sources import FolderSource

if TYPE_CHECKING:
    from pathlib import Path

SIZES = [(80, 24), (140, 40), (100, 60)]
PLAIN = Paint(False)


def _told(root: Path, until: float = 1e9, *, fails: bool = True) -> Chronicle:
    Story(root, fails=fails, until=until)
    chronicle = Chronicle()
    for frame in FolderSource(root).frames():
        chronicle.take(frame)
    chronicle.title = "harbor.lan/kubesphereio/ks-installer:v3.3.2-debug"
    return chronicle


def _drawn(
    told: Chronicle, columns: int, rows: int, choice: screen.Choice | None = None
) -> list[str]:
    return screen.draw(told, choice or screen.Choice(), columns, rows, told.now + 2, PLAIN)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("until", [0, 5, 60, 120, 180, 250, 320, 400, 1e9])
def test_a_frame_fills_the_terminal_exactly(
    tmp_path: Path, size: tuple[int, int], until: float
) -> None:
    (tmp_path / "preinstall" / "preinstall" / "job_events").mkdir(parents=True)
    lines = _drawn(_told(tmp_path, until), *size)
    assert len(lines) == size[1]
    assert all(width(line) <= size[0] for line in lines)


def test_the_longest_at_its_task_comes_first_and_tries_are_counted(tmp_path: Path) -> None:
    lines = _drawn(_told(tmp_path, 180), 80, 24)
    assert lines[1].startswith("phase 2/4 components side by side · 6 of 12 done · left: ks-config")
    assert lines[2].startswith("✓ preinstall 10s  ✓ metrics_server 10s  ✓ common 28s")
    rows = [line.split()[1] for line in lines[4:10]]
    assert rows == ["monitoring", "devops", "servicemesh", "events", "logging", "auditing"]
    assert lines[4].endswith("Creating manifests           item 7 37s")
    assert lines[7].startswith("◷ events")
    assert lines[7].endswith("try 4/30 21s")
    assert lines[10].startswith("✓ done: network 1m24, openpitrix 1m03")
    assert lines[11].startswith("── monitoring")
    assert lines[-1].rstrip().endswith("q leave")


def test_wide_terminals_say_more(tmp_path: Path) -> None:
    lines = _drawn(_told(tmp_path, 180), 140, 40)
    assert "skip retry  now" in lines[3]
    assert sum(line.startswith("✓ ") and "done" in line for line in lines[4:20]) == 6
    assert lines[-1].rstrip().endswith("q leave (the installation goes on)")


def test_what_failed_comes_first(tmp_path: Path) -> None:
    told = _told(tmp_path, 400)
    lines = _drawn(told, 80, 24)
    assert lines[1].endswith("· 1 FAILED")
    assert lines[4].startswith("✗ monitoring")
    assert "failed: Importing status" in lines[4]
    failures = _drawn(told, 80, 24, screen.Choice(panel="failures"))
    assert any("error: no space left on device" in line for line in failures)
    assert any(line.startswith("✗ monitoring: Importing status") for line in failures)


def test_errors_only_leaves_failures_and_retries(tmp_path: Path) -> None:
    choice = screen.Choice("monitoring", errors_only=True)
    lines = _drawn(_told(tmp_path), 80, 24, choice)
    start = next(at for at, line in enumerate(lines) if line.startswith("── monitoring"))
    said = [line for line in lines[start + 1 : -3] if line]
    assert len(said) == 6
    assert all("RETRYING" in line or "fatal" in line for line in said)


def test_arrows_go_through_the_rows(tmp_path: Path) -> None:
    told, choice = _told(tmp_path, 180), screen.Choice()
    order = []
    for _ in range(14):
        screen.step(told, choice, 1, told.now)
        order.append(choice.component)
    assert order[:3] == ["monitoring", "devops", "servicemesh"]
    assert order[-1] == order[-2] == order[11]
    screen.step(told, choice, -1, told.now)
    assert choice.component == order[10]


def test_a_busy_wait_is_said_while_components_run(tmp_path: Path) -> None:
    told = _told(tmp_path, 180)
    told.take({"k": "plan", "hook": "0" * 64, "sleeps": False})
    assert any("busy wait" in line for line in _drawn(told, 80, 24))


def test_a_lost_connection_is_said(tmp_path: Path) -> None:
    told = _told(tmp_path, 180)
    told.take({"k": "lost", "why": "unexpected \x1b[31mEOF\u202e"})
    (line,) = [line for line in _drawn(told, 80, 24) if "no connection" in line]
    assert "\x1b" not in line
    assert "\u202e" not in line


def test_a_task_that_takes_twice_its_time_of_before_is_called_slow(tmp_path: Path) -> None:
    told = _told(tmp_path, 100, fails=False)
    before = Chronicle()
    Story(tmp_path / "before", fails=False)
    for frame in FolderSource(tmp_path / "before").frames():
        before.take(frame)
    told.attempts.insert(0, before.attempt)
    now = told.now + 500
    lines = screen.draw(told, screen.Choice(), 140, 40, now, PLAIN)
    assert any("(was 40s)" in line for line in lines)


def test_hostile_names_stay_in_their_cells(tmp_path: Path) -> None:
    told = _told(tmp_path, 180)
    run = told.attempt.runs[-1]
    run.component = "\x1b[2J\u202eevil\x00\ud800"
    for task in run.tasks:
        task.name = "密码\x07" * 100
    for line in _drawn(told, 80, 24):
        assert width(line) <= 80
        assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs") for c in line)


def test_the_verdict_of_the_story(tmp_path: Path) -> None:
    assert judge(_told(tmp_path / "a").attempt, ()).outcome == "failed"
    assert judge(_told(tmp_path / "b", fails=False).attempt, ()).outcome == "success"


def test_an_image_by_digest_is_still_named(tmp_path: Path) -> None:
    told = _told(tmp_path, 5)
    told.title = f"harbor.lan/kubesphereio/ks-installer@sha256:{'ab' * 32}"
    assert _drawn(told, 100, 24)[0].startswith(
        "harbor.lan/kubesphereio/ks-installer@sha256:abababababab… "
    )
