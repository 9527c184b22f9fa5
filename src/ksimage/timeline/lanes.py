"""Runs by component, and each task as a bar with a start and an end that can be drawn; and the
phases that a picture divides an installation into, named as people name them.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ksimage.events import phases
from ksimage.timeline.words import line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ksimage.events.model import Attempt, Event, Run, RunState, Task

PARALLEL = "components"
LAST = "result-info"
"""When this one ends, the installation is done and the web UI can be used."""
AFTER = "after"
"""Migration and telemetry: nobody waits for them."""

_BY_COMPONENT = {
    **dict(zip(phases.FIRST, ("pre-install", "metrics-server", "common", "ks-core"), strict=True)),
    phases.EARLY: phases.EARLY,
    **{name: name for name in phases.LAST},
    **dict.fromkeys(phases.AFTER, AFTER),
}
_NAMES = list(dict.fromkeys(_BY_COMPONENT.values()))
PHASE_ORDER = (*_NAMES[:5], PARALLEL, *_NAMES[5:])
"""All of them. The components run side by side, the others one after the other."""


def phase_of(component: str) -> str:
    """The phase of a component, named as its results folder is."""
    return _BY_COMPONENT.get(component, PARALLEL)


FARTHEST = 31 * 86400.0
"""Seconds from the middle of all times beyond which a time is no time (year 1, year 9999)."""


class Span(NamedTuple):
    """From the first usable moment to the last one."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


class Bar(NamedTuple):
    """A task whose start is known. A running one ends at its run's last sign of life."""

    task: Task
    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(slots=True)
class Lane:
    """One component: all its runs, the last of which is the one that counts."""

    component: str
    """Fit for showing."""
    phase: str
    runs: list[Run]
    bars: list[Bar]
    """Of all runs, by start."""
    current: list[Bar]
    """Those of the last run."""
    span: Span
    """Of the last run."""
    first: float
    """Start of the first run."""
    state: RunState
    is_current: bool = True
    """False for one that only an earlier installation in the same pod had."""
    events: list[Event] = field(default_factory=list)
    """With usable times, by time."""

    @property
    def retries(self) -> int:
        """Retries of all current tasks."""
        return sum(bar.task.attempts for bar in self.current)

    @property
    def retrying(self) -> float:
        """Seconds in tasks that were tried more than once."""
        return sum(bar.seconds for bar in self.current if bar.task.attempts)


def lanes(attempt: Attempt) -> list[Lane]:
    """The attempt's components that have any usable time, in the order in which they began."""
    window = _window(attempt.runs)
    if window is None:
        return []
    by_component: dict[str, list[Run]] = {}
    for run in attempt.runs:
        by_component.setdefault(run.component, []).append(run)
    in_order = sorted(attempt.runs, key=lambda run: run.start or math.inf)
    latest = {id(run) for run in phases.latest(in_order)}
    made = (_lane(name, runs, window, latest) for name, runs in by_component.items())
    order = PHASE_ORDER.index
    return sorted(
        (lane for lane in made if lane is not None),
        key=lambda lane: (order(lane.phase), lane.span.start, lane.component),
    )


def _lane(component: str, runs: list[Run], window: Span, latest: set[int]) -> Lane | None:
    drawn = [(run, *_drawn(run, window)) for run in runs]
    timed = [one for one in drawn if one[3] is not None]
    if not timed:
        return None
    timed.sort(key=lambda one: one[3].start if one[3] else 0.0)
    run, current, _, span = timed[-1]
    assert span is not None
    first = timed[0][3]
    assert first is not None
    bars = sorted((bar for one in timed for bar in one[1]), key=lambda bar: (bar.start, bar.end))
    events = sorted((event for one in timed for event in one[2]), key=_moment)
    return Lane(
        line(component, 60) or "?",
        phase_of(component),
        [one[0] for one in timed],
        bars,
        current if id(run) in latest else [],
        span,
        first.start,
        run.state,
        is_current=id(run) in latest,
        events=events,
    )


def _drawn(run: Run, window: Span) -> tuple[list[Bar], list[Event], Span | None]:
    low, high = window
    events = [event for event in run.events if event.time is not None and low <= event.time <= high]
    times = [event.time for event in events if event.time is not None]
    times += _usable((run.start, run.end), window)
    for task in run.tasks:
        times += _usable((task.start, task.end), window)
    if not times:
        return [], [], None
    span = Span(min(times), max(times))
    bars = []
    for task in run.tasks:
        if task.start is not None and low <= task.start <= high:
            end = task.end if task.end is not None and low <= task.end <= high else None
            if end is None:
                end = span.end if task.state == "running" else task.start
            bars.append(Bar(task, task.start, max(task.start, end)))
    bars.sort(key=lambda bar: (bar.start, bar.end))
    return bars, events, span


def _window(runs: Iterable[Run]) -> Span | None:
    times = [time for time in _times(runs) if time is not None and math.isfinite(time)]
    if not times:
        return None
    middle = statistics.median_low(times)
    return Span(middle - FARTHEST, middle + FARTHEST)


def _times(runs: Iterable[Run]) -> Iterator[float | None]:
    for run in runs:
        yield from (run.start, run.end)
        for event in run.events:
            yield event.time
        for task in run.tasks:
            yield from (task.start, task.end)


def _usable(times: Iterable[float | None], window: Span) -> list[float]:
    return [time for time in times if time is not None and window.start <= time <= window.end]


def _moment(event: Event) -> tuple[float, int]:
    return event.time or 0.0, event.counter
