"""The screen's table: one row a component, failed first, then by age of the running task."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ksimage.cli.output.watch.cells import Paint, fit, short, width
from ksimage.events.phases import cause
from ksimage.events.tally import Memory, Tally, tally
from ksimage.timeline.words import line, task_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.events.model import Run, Task

WIDE = 110
"""Columns from which skipped tasks and retries have columns of their own."""
_NAME = 16
SLOW = 2.0
"""A task is called slow from twice its time of before, and not below five seconds."""


class Row(NamedTuple):
    """A run with what its row says."""

    run: Run
    tally: Tally
    failed: bool


def rows(runs: Sequence[Run], now: float) -> list[Row]:
    """In the order of the screen: failed, running (the longest at its task first), done."""
    made = []
    for run in runs:
        counted = tally(run)
        made.append(Row(run, counted, run.state == "failed" or bool(counted.failed)))

    def rank(row: Row) -> tuple[int, float]:
        task = row.tally.task
        if row.failed:
            return 0, 0.0
        if row.run.state == "running":
            begin = task.start if task and task.start else row.run.start
            return 1, -(now - (begin or now))
        return 2, -_seconds(row.run, now)

    return sorted(made, key=rank)


def header(columns: int) -> str:
    """The row of titles."""
    wide = columns >= WIDE
    more = "skip".rjust(5) + "retry".rjust(6) if wide else ""
    titles = "component".ljust(_NAME) + "time".rjust(6) + "    ok chg fail" + more
    return fit(f"  {titles}  now", columns)


def draw(row: Row, columns: int, now: float, memory: Memory, paint: Paint, chosen: bool) -> str:
    """One row, in exactly so many columns."""
    run, counted = row.run, row.tally
    wide = columns >= WIDE
    task = counted.task
    text, style = _now(row)
    aside = _aside(run, task, now, memory) if task else ""
    room = columns - (2 + _NAME + 6 + 2 + 4 + 4 + 5 + (11 if wide else 0) + 2)
    aside = fit(aside, room).rstrip() if width(aside) > room else aside
    name = fit(line(run.component), _NAME)
    counts = f"{short(_seconds(run, now)):>6}  {counted.ok:>4}{counted.changed:>4}"
    failed = f"{counted.failed or '·':>5}"
    more = f"{counted.skipped:>5}{counted.retries or '·':>6}" if wide else ""
    return (
        _sign(row, paint)
        + " "
        + paint("reverse" if chosen else "bold" if run.state == "running" else "dim", name)
        + paint("" if run.state == "running" else "dim", counts)
        + (paint("bold red", failed) if counted.failed else failed)
        + more
        + "  "
        + paint(style, fit(text, room - width(aside)))
        + paint("yellow" if task and task.attempts else "dim", aside)
    )


def folded(done: Sequence[Row], columns: int, now: float, paint: Paint) -> str:
    """All that is done, in one row."""
    names = ", ".join(f"{line(row.run.component)} {short(_seconds(row.run, now))}" for row in done)
    return paint("green", "✓ ") + paint("dim", fit("done: " + names, columns - 2))


def chip(run: Run, now: float) -> str:
    """A phase that has one component, as in ``✓ ks-core 4m23``."""
    sign = {"ok": "✓", "failed": "✗", "running": "▶", "cut": "?"}[run.state]
    return f"{sign} {line(run.component)} {short(_seconds(run, now))}"


def _seconds(run: Run, now: float) -> float:
    return (run.end if run.end is not None else now) - (run.start or now)


def _sign(row: Row, paint: Paint) -> str:
    if row.failed:
        return paint("bold red", "✗")
    if row.run.state == "ok":
        return paint("green", "✓")
    if row.run.state == "cut":
        return paint("yellow", "?")
    waits = row.tally.task is not None and row.tally.task.attempts
    return paint("yellow", "◷") if waits else paint("cyan", "▶")


def _now(row: Row) -> tuple[str, str]:
    run, task = row.run, row.tally.task
    if row.failed:
        failed = cause(run)
        what = task_name(failed.name) if failed else f"exit status {run.rc}"
        return ("failed: " if run.state == "failed" else "has failed: ") + what, "red"
    if run.state == "cut":
        return "cut off, state unknown", "yellow"
    if run.state == "ok":
        return "done", "dim"
    return (task_name(task.name) if task else "starting"), ""


def _aside(run: Run, task: Task, now: float, memory: Memory) -> str:
    """What stands right of a running task: tries, items, its age, and what it took before."""
    parts = []
    if task.attempts:
        parts.append(f"try {task.attempts}/{task.retries}")
    elif task.items:
        parts.append(f"item {task.items}")
    age = now - (task.start if task.start is not None else now)
    parts.append(short(age))
    before = memory.before(run, task)
    if before is not None and age >= max(5.0, SLOW * before):
        parts.append(f"(was {short(before)})")
    return "  " + " ".join(parts)
