"""Runs counted, and slowness told from earlier runs."""

from __future__ import annotations

from ksimage.events.model import Attempt, Run, Task, TaskState
from ksimage.events.tally import Memory, slowest, tally


def _task(name: str, state: TaskState, seconds: float | None = 1.0, attempts: int = 0) -> Task:
    end = None if seconds is None else 10.0 + seconds
    return Task(name, name, start=10.0, end=end, state=state, attempts=attempts)


def test_states_are_counted_as_ansible_counts_them() -> None:
    states: list[TaskState] = [
        "ok", "changed", "changed", "failed", "unreachable", "ignored", "skipped", "rescued"
    ]  # fmt: skip
    run = Run("a", "a", "u", tasks=[_task(state, state, attempts=2) for state in states])
    run.tasks.append(_task("now", "running", None))
    counted = tally(run)
    assert (counted.ok, counted.changed, counted.failed) == (3, 2, 2)
    assert (counted.skipped, counted.retries) == (1, 16)
    assert counted.task is run.tasks[-1]
    run.state = "cut"
    assert tally(run).task is None


def test_the_slowest_have_ended() -> None:
    run = Run(
        "a", "a", "u", tasks=[_task("x", "ok", 3), _task("y", "ok", 9), _task("z", "running", None)]
    )
    assert [(seconds, task.name) for seconds, _, task in slowest([run], 5)] == [(9, "y"), (3, "x")]


def test_a_task_is_compared_with_the_run_before() -> None:
    old = Run("a", "a", "1", tasks=[_task("wait", "ok", 30)])
    older = Run("a", "a", "0", tasks=[_task("wait", "ok", 5), _task("gone", "ok", 2)])
    now = Run("a", "a", "2", tasks=[_task("wait", "running", None), _task("gone", "running", None)])
    memory = Memory([Attempt(runs=[older, old]), Attempt(runs=[now])])
    assert memory.before(now, now.tasks[0]) == 30
    assert memory.before(now, now.tasks[1]) == 2
    assert Memory([Attempt(runs=[now])]).before(now, now.tasks[0]) is None


def test_without_a_run_before_the_same_task_in_the_run_tells() -> None:
    now = Run("a", "a", "2", tasks=[_task("wait", "ok", 4), _task("wait", "running", None)])
    assert Memory([Attempt(runs=[now])]).before(now, now.tasks[1]) == 4
