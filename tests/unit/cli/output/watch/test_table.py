"""Rows of the table: their order, and that each fills its columns exactly."""

from __future__ import annotations

import pytest

from ksimage.cli.output.watch import table
from ksimage.cli.output.watch.cells import Paint, width
from ksimage.events.model import Run, RunState, Task
from ksimage.events.tally import Memory

PLAIN = Paint(False)
NOW = 200.0


def _run(component: str, state: RunState = "running", start: float = 100.0, **task: float) -> Run:
    run = Run(component, component, component, start, None, state=state)
    if state != "running":
        run.end = start + 10
    if task:
        run.tasks.append(Task("t", "a task", start=task["begin"]))
    return run


def test_failed_first_then_by_the_age_of_the_task_then_what_is_done() -> None:
    found = table.rows(
        [
            _run("done", "ok"),
            _run("young", begin=190.0),
            _run("old", begin=150.0),
            _run("failed", "failed"),
        ],
        NOW,
    )
    assert [row.run.component for row in found] == ["failed", "old", "young", "done"]


def test_a_run_with_a_failed_task_counts_as_failed_while_it_goes_on() -> None:
    run = _run("monitoring")
    run.tasks.append(Task("t", "x", state="failed"))
    (row,) = table.rows([run], NOW)
    assert row.failed
    assert "has failed: x" in table.draw(row, 80, NOW, Memory([]), PLAIN, False)


@pytest.mark.parametrize("columns", [80, 109, 110, 140])
@pytest.mark.parametrize("name", ["monitoring", "密码" * 30, "\x1b[2J" * 9])
def test_every_row_fills_its_columns(columns: int, name: str) -> None:
    run = _run(name, begin=150.0)
    run.tasks[0].name = name
    (row,) = table.rows([run], NOW)
    assert width(table.draw(row, columns, NOW, Memory([]), PLAIN, False)) == columns
    assert width(table.header(columns)) == columns
    assert width(table.folded([row] * 9, columns, NOW, PLAIN)) == columns


def test_tries_stand_at_the_right() -> None:
    run = _run("monitoring", begin=150.0)
    run.tasks[0].attempts, run.tasks[0].retries = 4, 30
    (row,) = table.rows([run], NOW)
    assert table.draw(row, 80, NOW, Memory([]), PLAIN, False).endswith("try 4/30 50s")


@pytest.mark.parametrize(
    ("state", "text"), [("ok", "✓ a 10s"), ("failed", "✗ a 10s"), ("running", "▶ a 1m40")]
)
def test_a_chip(state: RunState, text: str) -> None:
    assert table.chip(_run("a", state), NOW) == text
