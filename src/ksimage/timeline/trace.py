"""The analysis in the Trace Event format, which Perfetto, speedscope and chrome://tracing open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.timeline.words import line, task_name

if TYPE_CHECKING:
    from ksimage.timeline.analysis import Analysis
    from ksimage.timeline.lanes import Lane

COLOURS = {
    "failed": "terrible",
    "unreachable": "terrible",
    "ignored": "bad",
    "rescued": "bad",
    "skipped": "grey",
}
"""Names that the viewers' palettes have."""


def trace(analysis: Analysis) -> dict[str, object]:
    """A process a component, tasks as complete events (``X``), retries and failures as instants.

    The first process is the critical path: viewers that show one process at a time begin with it.
    Times are microseconds since the first event. A thread's events must not overlap but by nesting,
    so tasks that ran at the same time (of several hosts or runs) get threads of their own.
    """
    events = [*_names(0, "critical path"), *_path(analysis)]
    for number, lane in enumerate(analysis.lanes, 1):
        events += _names(number, lane.component)
        events += _tasks(analysis, number, lane)
        events += _instants(analysis, number, lane)
    return {
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": {"source": analysis.title, "image": line(analysis.attempt.image)},
    }


def _names(number: int, name: str) -> list[dict[str, object]]:
    return [
        {"ph": "M", "name": "process_name", "pid": number, "args": {"name": name}},
        {"ph": "M", "name": "process_sort_index", "pid": number, "args": {"sort_index": number}},
    ]


def _path(analysis: Analysis) -> list[dict[str, object]]:
    return [
        {
            "ph": "X",
            "name": f"{step.lane.component}: {task_name(step.bar.task.name)}",
            "cat": step.spent,
            "pid": 0,
            "tid": 1,
            "ts": _microseconds(step.start - analysis.span.start),
            "dur": _microseconds(step.end - analysis.span.start)
            - _microseconds(step.start - analysis.span.start),
            "args": {"spent": step.spent},
        }
        for step in analysis.path.steps
        if step.bar
    ]


def _tasks(analysis: Analysis, number: int, lane: Lane) -> list[dict[str, object]]:
    made: list[dict[str, object]] = []
    busy_until: list[int] = []
    for bar in lane.bars:
        start = _microseconds(bar.start - analysis.span.start)
        end = _microseconds(bar.end - analysis.span.start)
        free = (thread for thread, until in enumerate(busy_until) if until <= start)
        thread = next(free, len(busy_until))
        busy_until[thread:] = [end, *busy_until[thread + 1 :]]
        task = bar.task
        event = {
            "ph": "X",
            "name": line(task.name) or "unnamed",
            "cat": task.state,
            "pid": number,
            "tid": thread + 1,
            "ts": start,
            "dur": end - start,
            "args": {
                "state": task.state,
                "role": line(task.role),
                "action": line(task.action),
                "host": line(task.host),
                "path": line(task.path),
                "retries": task.attempts,
                "items": task.items,
            },
        }
        if task.state in COLOURS:
            event["cname"] = COLOURS[task.state]
        made.append(event)
    return made


def _instants(analysis: Analysis, number: int, lane: Lane) -> list[dict[str, object]]:
    return [
        {
            "ph": "i",
            "s": "p",
            "name": event.state,
            "cat": event.state,
            "pid": number,
            "tid": 1,
            "ts": _microseconds((event.time or 0.0) - analysis.span.start),
            "args": {"task": line(event.task.name) if event.task else ""},
        }
        for event in lane.events
        if event.state in ("retry", "failed", "ignored", "unreachable")
    ]


def _microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)
