from __future__ import annotations

from tests.support.attempts import attempt, run, task, whole
from tests.support.installations import installation

from ksimage.events.model import Attempt, Damage, Event
from ksimage.timeline.analysis import analyse
from ksimage.timeline.text import report, verdict


def section(text: str, heading: str) -> list[str]:
    """The lines below a heading."""
    parts = {part.splitlines()[0]: part.splitlines()[1:] for part in text.split("\n\n")}
    return [line.strip() for line in parts[heading]]


def test_the_head_says_how_it_ended() -> None:
    lines = report(analyse(whole())).splitlines()
    assert lines[0] == "Installation of 2026-11-18 11:06:40 UTC: 2m21, failed: monitoring"
    assert lines[1] == "5 components, 6 tasks, 12 events, 3 retries"


def test_what_the_web_ui_waited_for() -> None:
    lines = section(report(analyse(whole())), "What the web UI waited for")
    assert lines[0] == "40.0 s until result-info ended, of which"
    assert "8.0 s  in tasks that were tried again" in lines
    assert "Of the components, monitoring ended last: 13.0 s after network." in lines


def test_slow_retried_and_failed_tasks_have_their_place() -> None:
    text = report(analyse(whole()))
    assert section(text, "Slowest tasks")[0].split() == ["1m40", "telemetry", "Tell", "ok"]
    assert section(text, "Tried again") == ["8.0 s  monitoring  Deploy  ok  3 of 30 retries"]
    failed = section(text, "Failed, and failures that were ignored or rescued")
    assert failed[0].startswith("failed: Import (monitoring, role role), after 9.0 s")
    assert failed[1:] == ["$ kubectl", "no matches"]


def test_phases_name_who_ended_last() -> None:
    phases = section(report(analyse(whole())), "Phases")
    assert "2 side by side, monitoring ended last" in phases[1]


def test_tables_have_at_most_as_many_rows() -> None:
    text = report(analyse(installation(2000)), most=4)
    assert len(section(text, "Slowest tasks")) == 4


def test_damage_is_told_and_bounded() -> None:
    installed = whole()
    installed.damage = [Damage(f"common/{number}", "half written") for number in range(20)]
    assert section(report(analyse(installed), most=3), "Could not be read")[-1] == "and 17 more"


def test_what_has_no_time_is_counted() -> None:
    installed = whole()
    installed.runs[0].events.append(Event(None, "verbose", 99, "verbose", None, ""))
    assert "1 without a usable time" in report(analyse(installed))


def test_verdicts() -> None:
    assert verdict(analyse(installation(failing=""))) == "installed"
    assert verdict(analyse(installation(unfinished=True))) == "still running"


def test_hostile_text_is_shown_harmlessly() -> None:
    name = "\x1b]0;owned\x07\x1b[2J\u202eevil\x00"
    text = report(analyse(attempt(run(name, task(name, 0, 1, "failed", output=name * 9)))))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x00" not in text
    assert "·evil·" in text


def test_nothing_is_said_in_words() -> None:
    assert report(analyse(Attempt())) == "no event with a usable time"
