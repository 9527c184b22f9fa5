"""What a run amounts to: its tasks counted, the one at work, and how long such a one has taken."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ksimage.events.model import Attempt, Run, Task


@dataclass(slots=True)
class Tally:
    """Tasks of a run by their state; ``changed`` ones are among ``ok`` too, as Ansible counts."""

    ok: int = 0
    changed: int = 0
    failed: int = 0
    skipped: int = 0
    retries: int = 0
    task: Task | None = None
    """The one that runs now."""


def tally(run: Run) -> Tally:
    """Count a run's tasks."""
    states = Counter(task.state for task in run.tasks)
    counted = Tally(
        ok=states["ok"] + states["changed"],
        changed=states["changed"],
        failed=states["failed"] + states["unreachable"],
        skipped=states["skipped"],
        retries=sum(task.attempts for task in run.tasks),
    )
    if run.state == "running":
        counted.task = next((task for task in reversed(run.tasks) if task.state == "running"), None)
    return counted


def slowest(runs: Iterable[Run], most: int) -> list[tuple[float, Run, Task]]:
    """The longest tasks that have ended, the longest first."""
    ended = (
        (duration, run, task)
        for run in runs
        for task in run.tasks
        if (duration := task.duration) is not None
    )
    return heapq.nlargest(most, ended, key=lambda one: one[0])


class Memory:
    """How long tasks took in earlier runs, so that the present one can be called slow.

    Args:
        attempts: oldest first; the last run of a component is the one at work.
    """

    def __init__(self, attempts: Iterable[Attempt]) -> None:
        self._before: dict[tuple[str, str], float] = {}
        known: dict[str, Run] = {}
        for attempt in attempts:
            for run in attempt.runs:
                earlier = known.get(run.component)
                if earlier is not None:
                    self._learn(earlier)
                known[run.component] = run

    def before(self, run: Run, task: Task) -> float | None:
        """Seconds that the task took in the run before, else the last time in its own run."""
        known = self._before.get((run.component, task.name))
        if known is not None:
            return known
        for other in reversed(run.tasks):
            if other is not task and other.name == task.name and other.duration is not None:
                return other.duration
        return None

    def _learn(self, run: Run) -> None:
        for task in run.tasks:
            if task.duration is not None:
                self._before[run.component, task.name] = task.duration
