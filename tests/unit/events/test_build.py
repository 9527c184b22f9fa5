"""Events become runs and tasks: real ones, and such as no ansible-runner should write."""

from __future__ import annotations

import itertools
import json
import random
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.behaviour.trees import event

from ksimage.events.build import Builder

if TYPE_CHECKING:
    from pathlib import Path

    from ksimage.events.model import Attempt, Task


def _tasks(attempt: Attempt, run: int = 0) -> dict[str, Task]:
    return {task.name: task for task in attempt.runs[run].tasks}


def test_every_kind_of_task_has_its_state(attempt: Attempt) -> None:
    states = {name: task.state for name, task in _tasks(attempt).items()}
    censored = states.pop("Hide the token")
    assert censored in ("ok", "changed")  # newer Ansible hides that as well
    assert states == {
        "Say hello": "ok",
        "Wait for the store": "changed",
        "Apply manifests": "changed",
        "Not on this cluster": "skipped",
        "May fail": "ignored",
        "Include the rest": "ok",
        "Included step": "changed",
        "In the background": "changed",
        "Wait for the background": "changed",
        "Elsewhere": "changed",
        "Restart it": "changed",
        "Print very much": "ok",  # whether it changed was dropped with its result
        "Breaks": "rescued",
        "Mends": "changed",
        "Restarting": "changed",
    }


def test_tries_items_hosts_and_durations_are_counted(attempt: Attempt) -> None:
    tasks = _tasks(attempt)
    # One retry of five: the result's own `attempts` would count the first try as well.
    assert (tasks["Wait for the store"].attempts, tasks["Wait for the store"].retries) == (1, 5)
    assert (tasks["Wait for the store"].duration or 0) > 1
    assert tasks["Apply manifests"].items == 3
    assert {task.host for task in tasks.values()} == {"localhost"}
    assert all(task.duration is not None for task in tasks.values())
    assert tasks["Restarting"].action == "command"


def test_what_a_failure_said_is_kept(attempt: Attempt) -> None:
    tasks = _tasks(attempt)
    assert "alas" in tasks["May fail"].output
    assert "broken" in tasks["Breaks"].output
    assert tasks["Mends"].output == ""
    failing = _tasks(attempt, 2)
    assert "no space left" in failing["Deploying | Prometheus"].output
    assert "item c: " in failing["Deploying | Two of three"].output


def test_a_result_that_ansible_runner_dropped_is_marked(attempt: Attempt) -> None:
    dropped = {name for name, task in _tasks(attempt).items() if task.output_dropped}
    assert dropped == {"Print very much"}


def test_a_second_run_in_the_same_folder_is_another_run(attempt: Attempt) -> None:
    assert [run.component for run in attempt.runs] == ["common", "common", "monitoring"]
    for run in attempt.runs:
        assert [event.counter for event in run.events] == list(range(1, len(run.events) + 1))
        times = [event.time for event in run.events]
        assert times == sorted(times, key=lambda time: time or 0)
    assert [run.rc for run in attempt.runs] == [None, 0, 2]


def test_runs_are_judged_by_their_summary(attempt: Attempt) -> None:
    first, second, third = attempt.runs
    assert (first.state, second.state, third.state) == ("ok", "ok", "failed")
    assert first.stats is not None and first.stats.rescued == 1 and first.stats.clean
    assert third.stats is not None and third.stats.failures == 1 and not third.stats.clean
    assert all(run.start and run.end and run.start < run.end for run in attempt.runs)


def _fed(events: list[tuple[str, str, dict[str, object]]]) -> Attempt:
    builder = Builder()
    for component, ident, raw in events:
        builder.feed(component, ident, raw)
    return builder.attempt


def test_the_order_in_which_folders_arrive_changes_nothing(installed: Path) -> None:
    by_folder = []
    for folder in sorted(installed.glob("*/*/job_events")):
        files = sorted(folder.glob("*.json"), key=lambda file: int(file.name.split("-")[0]))
        raws = [json.loads(file.read_text()) for file in files]
        by_folder.append([(folder.parts[-3], folder.parts[-2], raw) for raw in raws])
    one_by_one = _fed(list(itertools.chain.from_iterable(by_folder)))
    mixed: list[tuple[str, str, dict[str, object]]] = []
    choose = random.Random(4)
    queues = [list(reversed(events)) for events in by_folder]
    while any(queues):
        mixed.append(choose.choice([queue for queue in queues if queue]).pop())
    assert _fed(mixed) == one_by_one


def test_a_run_whose_folder_a_later_one_took_over_was_cut() -> None:
    builder = Builder()
    for run in ("run-1", "run-2"):
        builder.feed("common", "common", event(1, "playbook_on_task_start", "Step", run))
    assert [run.state for run in builder.attempt.runs] == ["cut", "running"]
    late = {**event(1, "playbook_on_start", "", "run-3"), "created": "2026-11-22T09:00:00"}
    builder.feed("common", "common", late)
    assert [run.state for run in builder.attempt.runs] == ["cut", "cut", "running"]
    builder.cut()
    assert builder.attempt.runs[-1].state == "cut"


def test_a_run_that_never_began_fails_by_its_status() -> None:
    builder = Builder()
    error = {"event": "verbose", "counter": "1", "stdout": "ERROR! the playbook could not be found"}
    builder.feed("common", "common", error)
    builder.set_rc("common", "common", 1)
    (run,) = builder.attempt.runs
    assert (run.state, run.rc, run.stats, len(run.events)) == ("failed", 1, None, 1)


def test_an_old_status_is_not_the_later_runs() -> None:
    builder = Builder()
    old, new = event(1, "playbook_on_start", "", "a"), event(1, "playbook_on_start", "", "b")
    builder.feed("common", "common", old)
    builder.feed("common", "common", event(2, "playbook_on_stats", "", "a", ok={"localhost": 1}))
    builder.feed("common", "common", {**new, "created": "2026-11-22T09:00:00"})
    builder.set_rc("common", "common", 0, mtime=builder.attempt.runs[0].end)
    assert [run.rc for run in builder.attempt.runs] == [0, None]
    assert builder.attempt.runs[1].state == "running"


_TEXT = st.one_of(
    st.none(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2)
)
_ODD = st.fixed_dictionaries(
    {"event": st.one_of(_TEXT, st.sampled_from([
        "verbose", "playbook_on_task_start", "runner_on_ok", "runner_on_failed", "runner_retry",
        "runner_item_on_failed", "playbook_on_stats", "runner_on_start", "playbook_on_include"]))},
    optional={
        "counter": st.one_of(_TEXT, st.integers(0, 4)),
        "created": st.one_of(_TEXT, st.sampled_from(["2026-11-22T08:05:06", "0001-01-01"])),
        "stdout": _TEXT,
        "event_data": st.one_of(_TEXT, st.dictionaries(
            st.sampled_from(["task", "task_uuid", "host", "playbook_uuid", "res", "ignore_errors",
                             "failures", "ok", "start"]),
            st.one_of(_TEXT, st.sampled_from(["u1", "u2"]), st.dictionaries(st.sampled_from(
                ["msg", "attempts", "retries", "cmd", "results", "localhost"]), _TEXT)),
        )),
    },
)  # fmt: skip


@given(st.lists(st.one_of(_ODD, _TEXT), max_size=12))
@settings(max_examples=300)
def test_no_event_is_lost_or_stops_the_reading(events: list[object]) -> None:
    builder = Builder()
    fed = [builder.feed("common", "common", raw) for raw in events]
    attempt = builder.attempt
    assert sum(len(run.events) for run in attempt.runs) == sum(one is not None for one in fed)
    for raw, one in zip(events, fed, strict=True):
        known = isinstance(raw, dict) and isinstance(raw["event"], str)
        assert (one is not None) == known
    for run in attempt.runs:
        own = {id(task) for task in run.tasks}
        assert all(id(one.task) in own for one in run.events if one.task is not None)


def test_memory_is_bounded_whatever_events_print() -> None:
    builder = Builder()
    for number in range(1, 12_001):
        builder.feed("a", "a", {"event": "verbose", "counter": number, "stdout": "y" * 100_000})
    kept = sum(len(one.stdout) for one in builder.attempt.runs[0].events)
    assert len(builder.attempt.runs[0].events) == 12_000
    assert kept <= 48 << 20


def test_the_number_of_runs_is_bounded() -> None:
    builder = Builder()
    for number in range(2100):
        builder.feed("a", "a", event(1, "playbook_on_start", "", f"run {number}"))
    assert len(builder.attempt.runs) == 2000
    assert "2000 runs" in builder.attempt.damage[-1].why
