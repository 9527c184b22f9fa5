"""Which run of a folder an event belongs to, and what a run knows when it is over."""

from __future__ import annotations

import pytest

from ksimage.events import runs
from ksimage.events.model import Run, Stats
from ksimage.events.runs import OpenRun


def _run(
    uuid: str, last: int = 0, *, start: float | None = None, time: float | None = None
) -> OpenRun:
    own = OpenRun(Run("monitoring", "monitoring", uuid, start))
    own.last, own.time = last, time
    return own


FIRST, SECOND = _run("one", 30, time=100.0), _run("two", 5, time=500.0)


@pytest.mark.parametrize(
    ("uuid", "counter", "time", "chosen"),
    [
        ("one", 3, None, FIRST),  # named by its playbook, whatever the counter says
        ("two", 99, None, SECOND),
        ("new", 1, None, None),
        ("", 31, None, FIRST),  # verbose: it continues the one whose counter it follows
        ("", 6, None, SECOND),
        ("", 1, None, None),  # all counters are past it: a new run
    ],
)
def test_of_two_runs_in_a_folder(
    uuid: str, counter: int, time: float | None, chosen: OpenRun | None
) -> None:
    assert runs.choose([FIRST, SECOND], uuid, counter, time) is chosen


def test_of_two_that_could_go_on_the_last_one_that_had_spoken_by_then() -> None:
    early, late = _run("one", 7, time=100.0), _run("two", 7, time=500.0)
    assert runs.choose([early, late], "", 8, 200.0) is early
    assert runs.choose([early, late], "", 8, 600.0) is late
    assert runs.choose([early, late], "", 8, None) is late


def test_ansibles_first_words_come_before_the_playbook_is_named() -> None:
    unnamed = _run("", 2)
    assert runs.choose([unnamed], "one", 3, None) is unnamed
    assert unnamed.run.playbook_uuid == "one"
    assert runs.choose([], "one", 3, None) is None


def test_the_first_host_that_reports_gets_the_task_of_the_banner() -> None:
    own = _run("one")
    banner = own.begin_task({"task_uuid": "t", "task": "Deploying"}, 1.0)
    assert own.task({"task_uuid": "t", "host": "localhost"}) is banner
    assert banner.host == "localhost"
    other = own.task({"task_uuid": "t", "host": "node2"})
    assert other is not banner and other.start == 1.0


def test_ansible_going_on_ends_what_has_no_result() -> None:
    own = _run("one")
    first = own.begin_task({"task_uuid": "t", "task": "include"}, 1.0)
    own.begin_task({"task_uuid": "u", "task": "next"}, 4.0)
    assert (first.state, first.end) == ("ok", 4.0)


@pytest.mark.parametrize(
    ("stats", "rc", "state"),
    [(Stats(ok=1), None, "ok"), (Stats(ok=1), 2, "failed"), (Stats(failures=1), None, "failed")],
)
def test_the_summary_judges(stats: Stats, rc: int | None, state: str) -> None:
    own = _run("one")
    own.run.rc = rc
    own.finish(stats, 9.0)
    assert (own.run.state, own.run.end) == (state, 9.0)


def test_failures_that_the_summary_does_not_count_were_rescued() -> None:
    own = _run("one")
    for uuid in ("a", "b"):
        own.begin_task({"task_uuid": uuid, "task": uuid}, 1.0).state = "failed"
    own.finish(Stats(ok=3, failures=1), 9.0)
    assert [task.state for task in own.run.tasks] == ["rescued", "failed"]


def test_all_but_the_last_run_of_a_folder_are_over() -> None:
    folder = [_run("late", start=50.0), _run("early", start=10.0, time=20.0)]
    runs.order(folder)
    assert [own.run.playbook_uuid for own in folder] == ["early", "late"]
    assert [own.run.state for own in folder] == ["cut", "running"]
    assert folder[0].run.end == 20.0


@pytest.mark.parametrize(
    ("start", "time", "began"),
    [(10.0, 12.0, True), (10.0, 9.5, True), (10.0, 8.0, False), (None, 1.0, False)],
)
def test_whether_a_run_had_begun(start: float | None, time: float, began: bool) -> None:
    assert runs.began_before(_run("x", start=start).run, time) is began
