"""What the end of the installation waited for, task by task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from ksimage.timeline.lanes import LAST, PARALLEL, PHASE_ORDER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ksimage.timeline.lanes import Bar, Lane

Spent = Literal["retries", "loops", "tasks", "between"]
"""On tasks that were tried again, on loops, on other tasks, between tasks (Ansible itself)."""

SHORTEST_GAP = 0.05
"""Seconds; between two tasks there is always a little."""


class PathStep(NamedTuple):
    """A stretch of the path: a task, or (``bar`` is None) the time until the next one."""

    lane: Lane
    bar: Bar | None
    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start

    @property
    def spent(self) -> Spent:
        """What the time went into."""
        if self.bar is None:
            return "between"
        if self.bar.task.attempts:
            return "retries"
        return "loops" if self.bar.task.items > 1 else "tasks"


@dataclass(frozen=True, slots=True)
class Path:
    """From the first task to the end of result-info, or as far as the installation came."""

    steps: list[PathStep]
    lanes: list[Lane]
    """Those that it goes through."""
    complete: bool
    """Whether result-info has ended."""
    runner_up: Lane | None
    """The parallel component that ended last but one."""
    ahead: float
    """Seconds by which the last component ended after it."""

    @property
    def seconds(self) -> float:
        """From its start to its end."""
        return self.steps[-1].end - self.steps[0].start if self.steps else 0.0

    def spent(self) -> dict[Spent, float]:
        """Seconds by what they went into."""
        totals: dict[Spent, float] = {"retries": 0.0, "loops": 0.0, "tasks": 0.0, "between": 0.0}
        for step in self.steps:
            totals[step.spent] += step.seconds
        return totals

    def slowest(self, most: int) -> list[PathStep]:
        """Its longest steps."""
        return sorted(self.steps, key=lambda step: -step.seconds)[:most]


def critical(lanes: Sequence[Lane]) -> Path:
    """The path through the last run of each component.

    The phases follow one another. Of the components, which run side by side, the one that ended
    last held up the rest; what comes after result-info held up nobody.
    """
    side_by_side = sorted(
        (lane for lane in lanes if lane.phase == PARALLEL), key=lambda lane: -lane.span.end
    )
    chosen = [lane for lane in lanes if lane.phase not in (PARALLEL, "after")]
    chosen += side_by_side[:1]
    chosen.sort(key=lambda lane: (PHASE_ORDER.index(lane.phase), lane.span.start))
    last = chosen[-1] if chosen else None
    runner_up = side_by_side[1] if len(side_by_side) > 1 else None
    ahead = side_by_side[0].span.end - runner_up.span.end if runner_up else 0.0
    complete = last is not None and last.phase == LAST and last.state in ("ok", "failed")
    return Path(_steps(chosen), chosen, complete, runner_up, ahead)


def _steps(chosen: Iterable[Lane]) -> list[PathStep]:
    steps: list[PathStep] = []
    now: float | None = None
    for lane in chosen:
        now = lane.span.start if now is None else now
        for bar in lane.current:
            if bar.end <= now:
                continue  # another host was slower at the same task
            if bar.start - now > SHORTEST_GAP:
                steps.append(PathStep(lane, None, now, bar.start))
                now = bar.start
            steps.append(PathStep(lane, bar, now, bar.end))
            now = bar.end
        if lane.span.end - now > SHORTEST_GAP:
            steps.append(PathStep(lane, None, now, lane.span.end))
            now = lane.span.end
    return steps
