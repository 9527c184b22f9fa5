"""What an attempt's events tell: its phases, what was slow, what failed, what was waited for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from ksimage.events import phases
from ksimage.timeline.lanes import AFTER, LAST, PARALLEL, PHASE_ORDER, Bar, Lane, Span, lanes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ksimage.events.model import Attempt, RunState, Task
    from ksimage.events.phases import InstallationVerdict
    from ksimage.redact.redactor import Redactor

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
    chosen = [lane for lane in lanes if lane.phase not in (PARALLEL, AFTER)]
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


class Place(NamedTuple):
    """A bar and the lane that it is in."""

    lane: Lane
    bar: Bar


class PhaseSpan(NamedTuple):
    """A stretch of the installation that has begun."""

    name: str
    lanes: list[Lane]
    span: Span
    state: RunState
    last: Lane
    """The one that ended last."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """An attempt, read for people. Times are seconds since 1970, lengths seconds."""

    attempt: Attempt
    title: str
    """Where it came from; fit for showing."""
    span: Span
    lanes: list[Lane]
    phases: list[PhaseSpan]
    path: Path
    judged: InstallationVerdict
    redactor: Redactor | None
    """Hides the secrets in what tasks said; None: they are shown as they are."""

    @property
    def state(self) -> RunState:
        """As `ksimage watch` judges it, also by what has no usable time and is not drawn."""
        if self.judged.failed:
            return "failed"
        if self.judged.outcome == "success":
            return "ok"
        states = {
            run.state
            for run in phases.latest(self.attempt.runs)
            if run.component not in phases.AFTER
        }
        return "running" if "running" in states else "cut"

    @property
    def latest(self) -> Span:
        """The last installation alone: each edit of the configuration starts another one."""
        starts = [lane.span.start for lane in self.lanes if lane.is_current]
        return Span(min(starts, default=self.span.start), self.span.end)

    @property
    def tasks(self) -> int:
        """Tasks drawn."""
        return sum(len(lane.bars) for lane in self.lanes)

    @property
    def events(self) -> int:
        """Events drawn."""
        return sum(len(lane.events) for lane in self.lanes)

    @property
    def timeless(self) -> int:
        """Tasks and events without a usable time, which no picture shows."""
        shown = sum(len(lane.bars) + len(lane.events) for lane in self.lanes)
        known = sum(len(run.tasks) + len(run.events) for run in self.attempt.runs)
        return known - shown

    @property
    def retries(self) -> int:
        """Retries of all current tasks."""
        return sum(lane.retries for lane in self.lanes)

    def places(self) -> list[Place]:
        return [Place(lane, bar) for lane in self.lanes for bar in lane.current]

    def slowest(self, most: int) -> list[Place]:
        return _longest(self.places(), most)

    def retried(self, most: int) -> list[Place]:
        """The longest of those tried more than once."""
        return _longest((place for place in self.places() if place.bar.task.attempts), most)

    def output(self, task: Task) -> str:
        """What a failed task said, without secrets."""
        if self.redactor is None or not task.output:
            return task.output
        return self.redactor.redacted(task.output)

    def failures(self) -> list[Place]:
        """Tasks that failed, then those whose failure was ignored or rescued."""
        ranks = {"failed": 0, "unreachable": 0, "rescued": 1, "ignored": 1}
        found = [place for place in self.places() if place.bar.task.state in ranks]
        return sorted(found, key=lambda place: (ranks[place.bar.task.state], place.bar.start))


def analyse(
    attempt: Attempt,
    title: str = "",
    redactor: Redactor | None = None,
    expected: Sequence[str] = (),
) -> Analysis:
    """Read an attempt. Without any usable time it has no lanes, and its span is empty.

    Args:
        attempt: the attempt; with a redactor, the secrets in its tasks' names are hidden in place.
        title: where it came from.
        redactor: learns the secrets in what tasks said, and hides them wherever they stand there.
        expected: the parallel components to come; empty where unknown.
    """
    from ksimage.timeline.words import line

    if redactor is not None:
        _hide(attempt, redactor)
    drawn = lanes(attempt)
    span = Span(0.0, 0.0)
    if drawn:
        ends = [lane.span.end for lane in drawn]
        ends += [lane.events[-1].time or 0.0 for lane in drawn if lane.events]
        span = Span(min(lane.first for lane in drawn), max(ends))
    current = [lane for lane in drawn if lane.is_current]
    path = critical(current)
    judged = phases.judge(attempt, expected)
    return Analysis(attempt, line(title), span, drawn, _phases(current), path, judged, redactor)


def _hide(attempt: Attempt, redactor: Redactor) -> None:
    """Learn what tasks say, and hide it in what they are called: a name can hold a variable."""
    tasks = [task for run in attempt.runs for task in run.tasks]
    for text in {text for task in tasks for text in (task.output, *_words(task)) if text}:
        redactor.learn_text(text)
    shown = {text: redactor.redacted(text) for task in tasks for text in _words(task)}
    for task in tasks:
        task.name, task.role, task.action, task.path, task.host = (
            shown[text] for text in _words(task)
        )


def _words(task: Task) -> tuple[str, str, str, str, str]:
    return task.name, task.role, task.action, task.path, task.host


def _longest(places: Iterable[Place], most: int) -> list[Place]:
    return sorted(places, key=lambda place: -place.bar.seconds)[:most]


def _phases(drawn: list[Lane]) -> list[PhaseSpan]:
    found = []
    for name in PHASE_ORDER:
        members = [lane for lane in drawn if lane.phase == name]
        if members:
            last = max(members, key=lambda lane: lane.span.end)
            span = Span(min(lane.span.start for lane in members), last.span.end)
            found.append(PhaseSpan(name, members, span, _worst(members), last))
    return found


def _worst(members: Iterable[Lane]) -> RunState:
    states = {lane.state for lane in members}
    for state in ("failed", "running", "cut"):
        if state in states:
            return state
    return "ok"
