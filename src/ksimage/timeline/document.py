"""The analysis for other programs: a JSON document whose keys stay (see docs/json.md), and every
task as a row of CSV.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from ksimage.timeline.words import LINE, line, moment, paragraph

if TYPE_CHECKING:
    from ksimage.timeline.analysis import Analysis, Place
    from ksimage.timeline.comparison import Comparison
    from ksimage.timeline.lanes import Bar, Lane

OUTPUT = 20_000
"""Characters of a failed task's output."""


def document(analysis: Analysis) -> dict[str, object]:
    """All that the report says, and every task. Lengths are seconds, ``after`` since the start."""
    path = analysis.path
    return {
        "source": analysis.title,
        "image": line(analysis.attempt.image),
        "state": analysis.state,
        "start": stamp(analysis.span.start) if analysis.lanes else None,
        "seconds": length(analysis.span.seconds),
        "events": analysis.events,
        "without_time": analysis.timeless,
        "phases": [
            {
                "name": phase.name,
                "state": phase.state,
                "after": length(phase.span.start - analysis.span.start),
                "seconds": length(phase.span.seconds),
                "components": [lane.component for lane in phase.lanes],
                "last": phase.last.component,
            }
            for phase in analysis.phases
        ],
        "components": [_lane(analysis, lane) for lane in analysis.lanes],
        "critical_path": {
            "complete": path.complete,
            "seconds": length(path.seconds),
            "spent": {what: length(seconds) for what, seconds in path.spent().items()},
            "components": [lane.component for lane in path.lanes],
            "steps": [
                {
                    "component": step.lane.component,
                    "task": line(step.bar.task.name) if step.bar else None,
                    "after": length(step.start - analysis.span.start),
                    "seconds": length(step.seconds),
                    "spent": step.spent,
                }
                for step in path.steps
            ],
        },
        "failures": [_failure(analysis, place) for place in analysis.failures()],
        "unreadable": [
            {"path": line(one.path, 2 * LINE), "why": line(one.why)}
            for one in analysis.attempt.damage
        ],
    }


def comparison_document(comparison: Comparison) -> dict[str, object]:
    """Two runs, by task."""
    return {
        "before": _side(comparison.before),
        "after": _side(comparison.after),
        "tasks": [
            {
                "component": pair.component,
                "task": pair.name,
                "verdict": pair.verdict,
                "before": None if pair.before is None else length(pair.before.seconds),
                "after": None if pair.after is None else length(pair.after.seconds),
                "difference": length(pair.difference),
            }
            for pair in comparison.pairs
        ],
    }


def stamp(time: float) -> str:
    """``2026-11-26T03:52:20Z``."""
    return moment(time).replace(" ", "T") + "Z"


def length(seconds: float) -> float:
    """Milliseconds are as exact as the events are."""
    return round(seconds, 3)


def _side(analysis: Analysis) -> dict[str, object]:
    return {"source": analysis.title, "seconds": length(analysis.span.seconds)}


def _lane(analysis: Analysis, lane: Lane) -> dict[str, object]:
    return {
        "name": lane.component,
        "phase": lane.phase,
        "state": lane.state,
        "runs": len(lane.runs),
        "after": length(lane.span.start - analysis.span.start),
        "seconds": length(lane.span.seconds),
        "retries": lane.retries,
        "retrying_seconds": length(lane.retrying),
        "tasks": [_task(analysis, bar) for bar in lane.current],
    }


def _task(analysis: Analysis, bar: Bar) -> dict[str, object]:
    task = bar.task
    return {
        "name": line(task.name),
        "role": line(task.role),
        "action": line(task.action),
        "host": line(task.host),
        "path": line(task.path, 2 * LINE),
        "state": task.state,
        "after": length(bar.start - analysis.span.start),
        "seconds": length(bar.seconds),
        "retries": task.attempts,
        "retries_allowed": task.retries,
        "items": task.items,
    }


def _failure(analysis: Analysis, place: Place) -> dict[str, object]:
    task = place.bar.task
    return {
        "component": place.lane.component,
        **_task(analysis, place.bar),
        "output": paragraph(analysis.output(task), OUTPUT),
        "output_dropped": task.output_dropped,
    }


HEADERS = (
    "component", "phase", "task", "role", "action", "host", "state", "start", "after_s",
    "duration_s", "retries", "retries_allowed", "items", "path", "on_critical_path",
)  # fmt: skip


def table(analysis: Analysis) -> str:
    """The table. Times are UTC, lengths seconds; tasks of earlier runs of a component included."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(HEADERS)
    path = {id(step.bar.task) for step in analysis.path.steps if step.bar}
    for lane in analysis.lanes:
        for bar in lane.bars:
            task = bar.task
            writer.writerow(
                (
                    cell(lane.component),
                    lane.phase,
                    cell(task.name),
                    cell(task.role),
                    cell(task.action),
                    cell(task.host),
                    task.state,
                    stamp(bar.start),
                    f"{bar.start - analysis.span.start:.3f}",
                    f"{bar.seconds:.3f}",
                    task.attempts,
                    task.retries,
                    task.items,
                    cell(task.path),
                    int(id(task) in path),
                )
            )
    return written.getvalue()


def cell(text: str) -> str:
    """``text`` on one line, which no spreadsheet takes for a formula."""
    text = line(text, 2 * LINE)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
