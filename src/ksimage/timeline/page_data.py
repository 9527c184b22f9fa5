"""What the page draws, as JSON that cannot end the element it stands in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ksimage.timeline.columns import KINDS, event_columns, packed
from ksimage.timeline.lanes import PARALLEL
from ksimage.timeline.text import verdict
from ksimage.timeline.words import LINE, line, paragraph, task_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ksimage.timeline.analysis import Analysis, Path
    from ksimage.timeline.comparison import Comparison
    from ksimage.timeline.lanes import Bar, Lane

STATES = ("ok", "changed", "skipped", "ignored", "rescued", "failed", "unreachable", "running")
VERDICTS = ("slower", "faster", "new", "gone", "same")
WAYS = ("retries", "loops", "tasks", "between")
TASK_FIELDS = (
    "name", "lane", "start", "length", "state", "retries", "allowed", "items", "role", "action",
    "file", "line", "host", "earlier",
)  # fmt: skip
STEP_FIELDS = ("task", "lane", "start", "length", "way")
PAIR_FIELDS = ("verdict", "after", "before")
"""Of steps and pairs: the number of a task plus one, 0 for none."""
DELTAS = ("start",)
OUTPUT = 6000
"""Characters of one task's output."""
OUTPUTS = 120_000
"""Characters of all outputs; real failures come first."""
UNREADABLE = 100
"""Files named."""


class Names:
    """Texts that occur often, each written once."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def of(self, text: str) -> int:
        """The position of ``text``."""
        return self.known.setdefault(text, len(self.known))


def page_data(analysis: Analysis, comparison: Comparison | None, refresh: int) -> str:
    """The data as JSON; after ``refresh`` seconds (0: never) the page reads itself again."""
    start = analysis.span.start
    names = Names()
    lanes = [_lane(lane, start) for lane in analysis.lanes]
    numbers: dict[int, int] = {}
    tasks: list[tuple[int, ...]] = []
    for lane_number, lane in enumerate(analysis.lanes):
        current = {id(bar.task) for bar in lane.current}
        for bar in lane.bars:
            numbers[id(bar.task)] = len(tasks)
            earlier = id(bar.task) not in current
            tasks.append(_task(bar, lane_number, start, names, earlier))
    data: dict[str, object] = {
        "title": analysis.title,
        "image": line(analysis.attempt.image),
        "state": analysis.state,
        "verdict": verdict(analysis),
        "start": round(start * 1000),
        "length": _ms(analysis.span.seconds),
        "latest": _ms(analysis.latest.start - start),
        "refresh": refresh,
        "states": STATES,
        "kinds": KINDS,
        "lanes": lanes,
        "tasks": packed(tasks, TASK_FIELDS, DELTAS),
        "output": dict(_outputs(analysis, numbers)),
        "events": event_columns(analysis.lanes, numbers, start),
        "phases": [
            {
                "name": phase.name,
                "state": phase.state,
                "start": _ms(phase.span.start - start),
                "end": _ms(phase.span.end - start),
            }
            for phase in analysis.phases
        ],
        **_path(analysis.path, analysis, numbers),
        "timeless": analysis.timeless,
        "damaged": len(analysis.attempt.damage),
        "unreadable": [
            (line(one.path), line(one.why)) for one in analysis.attempt.damage[:UNREADABLE]
        ],
        "other": None,
    }
    if comparison is not None:
        data.update(_other(comparison, lanes, numbers, names))
    data["names"] = list(names.known)
    return script_safe(data)


def script_safe(data: object) -> str:
    """JSON in which no ``<`` stands, so that nothing in it is a tag."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _lane(lane: Lane, start: float) -> dict[str, object]:
    return {
        "name": lane.component,
        "phase": lane.phase,
        "state": lane.state,
        "start": _ms(lane.span.start - start),
        "end": _ms(lane.span.end - start),
        "events": len(lane.events),
        "isCurrent": lane.is_current,
    }


def _task(bar: Bar, lane: int, start: float, names: Names, earlier: bool) -> tuple[int, ...]:
    task = bar.task
    file, _, number = line(task.path, 2 * LINE).rpartition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        file, number = line(task.path, 2 * LINE), "0"
    return (
        names.of(task_name(task.name)),
        lane,
        _ms(bar.start - start),
        _ms(bar.seconds),
        STATES.index(task.state),
        task.attempts,
        task.retries,
        task.items,
        names.of(line(task.role)),
        names.of(line(task.action)),
        names.of(file),
        int(number),
        names.of(line(task.host)),
        int(earlier),
    )


def _outputs(analysis: Analysis, numbers: dict[int, int]) -> Iterator[tuple[int, str]]:
    room = OUTPUTS
    for place in analysis.failures():
        task = place.bar.task
        text = paragraph(analysis.output(task), min(OUTPUT, max(200, room))).strip()
        if task.output_dropped:
            text += "\n(output too large, dropped by ansible-runner)"
        if not text or room < 0:
            continue
        room -= len(text)
        yield numbers[id(task)], text


def _path(path: Path, analysis: Analysis, numbers: dict[int, int]) -> dict[str, object]:
    start = analysis.span.start
    lanes = {id(lane): number for number, lane in enumerate(analysis.lanes)}
    last = next((lane for lane in path.lanes if lane.phase == PARALLEL), None)
    runner_up = None
    if last is not None and path.runner_up is not None:
        runner_up = {
            "last": last.component,
            "before": path.runner_up.component,
            "ahead": _ms(path.ahead),
        }
    return {
        "complete": path.complete,
        "path": packed(
            [
                (
                    numbers[id(step.bar.task)] + 1 if step.bar else 0,
                    lanes[id(step.lane)],
                    _ms(step.start - start),
                    _ms(step.seconds),
                    WAYS.index(step.spent),
                )
                for step in path.steps
            ],
            STEP_FIELDS,
            DELTAS,
        ),
        "ways": WAYS,
        "spent": {what: _ms(seconds) for what, seconds in path.spent().items()},
        "runnerUp": runner_up,
    }


def _other(
    comparison: Comparison, lanes: list[dict[str, object]], numbers: dict[int, int], names: Names
) -> dict[str, object]:
    """The run before: its bars in this run's lanes, and the pairs. Adds lanes that are gone."""
    before = comparison.before
    by_name = {lane["name"]: number for number, lane in enumerate(lanes)}
    found: dict[int, int] = {}
    tasks: list[tuple[int, ...]] = []
    for lane in before.lanes:
        if lane.component not in by_name:
            by_name[lane.component] = len(lanes)
            lanes.append({**_lane(lane, before.span.start), "state": "gone", "events": 0})
        number = by_name[lane.component]
        lanes[number]["otherStart"] = _ms(lane.span.start - before.span.start)
        for bar in lane.current:
            found[id(bar.task)] = len(tasks)
            tasks.append(_task(bar, number, before.span.start, names, earlier=False))
    return {
        "other": {
            "title": before.title,
            "length": _ms(before.span.seconds),
            "tasks": packed(tasks, TASK_FIELDS, DELTAS),
        },
        "verdicts": VERDICTS,
        "pairs": packed(
            [
                (
                    VERDICTS.index(pair.verdict),
                    numbers[id(pair.after.task)] + 1 if pair.after else 0,
                    found[id(pair.before.task)] + 1 if pair.before else 0,
                )
                for pair in comparison.pairs
            ],
            PAIR_FIELDS,
            (),
        ),
    }
