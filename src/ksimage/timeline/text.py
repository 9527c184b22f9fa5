"""The analysis as plain text: for a terminal, a ticket, and readers of the page without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.timeline.lanes import PARALLEL
from ksimage.timeline.words import columns, count, duration, line, moment, paragraph, task_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ksimage.timeline.analysis import Analysis, Place

MARKS = {"ok": "✓", "failed": "✗", "running": "…", "cut": "?"}
ENDINGS = {
    "ok": "installed",
    "failed": "failed",
    "running": "still running",
    "cut": "not finished",
}
SPENT = {
    "retries": "in tasks that were tried again",
    "loops": "in loops",
    "tasks": "in other tasks",
    "between": "between tasks (Ansible starting, loading, writing)",
}
OUTPUT = 2000
"""Characters of a failed task's output; its end says why."""


def report(analysis: Analysis, most: int = 15, bold: Callable[[str], str] = str) -> str:
    """The report.

    Args:
        analysis: what to report.
        most: rows of each table.
        bold: makes a heading stand out.
    """
    if not analysis.lanes:
        return "no event with a usable time"
    parts = [
        _head(analysis),
        _section(bold("What the web UI waited for"), _path(analysis, most)),
        _section(bold("Phases"), _phases(analysis)),
        _section(bold("Slowest tasks"), _places(analysis.slowest(most))),
        _section(bold("Components"), _components(analysis)),
        _section(bold("Tried again"), _places(analysis.retried(most))),
        _section(bold("Failed, and failures that were ignored or rescued"), _failures(analysis)),
        _section(bold("Could not be read"), _damage(analysis, most)),
    ]
    return "\n\n".join(part for part in parts if part)


def tries(place: Place) -> str:
    """``5 of 30 retries``, or nothing."""
    task = place.bar.task
    if not task.attempts:
        return ""
    if task.retries:
        return f"{task.attempts} of {count(task.retries, 'retry', 'retries')}"
    return count(task.attempts, "retry", "retries")


def verdict(analysis: Analysis) -> str:
    """How it ended, in a few words."""
    failed = [line(run.component, 60) for run in analysis.judged.failed]
    ending = ENDINGS[analysis.state]
    return f"{ending}: {', '.join(failed)}" if failed else ending


def _head(analysis: Analysis) -> str:
    facts = [
        count(len(analysis.lanes), "component"),
        count(analysis.tasks, "task"),
        count(analysis.events, "event"),
        count(analysis.retries, "retry", "retries"),
    ]
    if analysis.timeless:
        facts.append(f"{analysis.timeless:,} without a usable time")
    lines = [
        f"Installation of {moment(analysis.span.start)} UTC: {duration(analysis.span.seconds)},"
        f" {verdict(analysis)}",
        ", ".join(facts),
    ]
    if analysis.attempt.image:
        lines.append(f"image {line(analysis.attempt.image)}")
    return "\n".join(lines)


def _section(heading: str, lines: list[str]) -> str:
    return "\n".join([heading, *lines]) if lines else ""


def _path(analysis: Analysis, most: int) -> list[str]:
    path = analysis.path
    if not path.steps:
        return []
    until = "until result-info ended" if path.complete else "so far"
    lines = [f"  {duration(path.seconds)} {until}, of which"]
    spent = sorted(path.spent().items(), key=lambda item: -item[1])
    lines += columns(
        [(duration(seconds), SPENT[what]) for what, seconds in spent if seconds], "r", "    "
    )
    if path.runner_up:
        last = next(lane for lane in path.lanes if lane.phase == PARALLEL)
        lines.append(
            f"  Of the components, {last.component} ended last:"
            f" {duration(path.ahead)} after {path.runner_up.component}."
        )
    steps = [step for step in path.slowest(most) if step.bar]
    lines.append("  Its longest steps:")
    rows = [
        (duration(step.seconds), step.lane.component, task_name(step.bar.task.name))
        for step in steps
        if step.bar
    ]
    return lines + columns(rows, "r", "    ")


def _phases(analysis: Analysis) -> list[str]:
    rows = []
    for phase in analysis.phases:
        about, start = "", phase.span.start - analysis.span.start
        if len(phase.lanes) > 1:
            about = f"{len(phase.lanes)} side by side, {phase.last.component} ended last"
        after = f"+{duration(start)}" if start else "0"
        rows.append((MARKS[phase.state], phase.name, duration(phase.span.seconds), after, about))
    return columns(rows, "llrr")


def _places(places: list[Place]) -> list[str]:
    rows = []
    for place in places:
        task = place.bar.task
        rows.append(
            (
                duration(place.bar.seconds),
                place.lane.component,
                task_name(task.name),
                task.state,
                ", ".join(
                    filter(None, [tries(place), count(task.items, "item") if task.items else ""])
                ),
            )
        )
    return columns(rows, "r")


def _components(analysis: Analysis) -> list[str]:
    rows = [("", "", "time", "tasks", "retries", "retrying", "")]
    for lane in analysis.lanes:
        if not lane.is_current:
            continue
        runs = f"{len(lane.runs)} runs, the last one" if len(lane.runs) > 1 else ""
        rows.append(
            (
                MARKS[lane.state],
                lane.component,
                duration(lane.span.seconds),
                f"{len(lane.current):,}",
                f"{lane.retries:,}" if lane.retries else "",
                duration(lane.retrying) if lane.retries else "",
                runs,
            )
        )
    return columns(rows, "llrrrr")


def _failures(analysis: Analysis) -> list[str]:
    return [text for place in analysis.failures() for text in _failure(analysis, place)]


def _failure(analysis: Analysis, place: Place) -> Iterator[str]:
    task = place.bar.task
    since = duration(place.bar.end - analysis.span.start)
    role = f", role {line(task.role)}" if task.role else ""
    yield (
        f"  {task.state}: {task_name(task.name)} ({place.lane.component}{role}),"
        f" after {duration(place.bar.seconds)}, at +{since}"
    )
    for text in paragraph(analysis.output(task), OUTPUT).rstrip().splitlines():
        yield f"    {text}".rstrip()
    if task.output_dropped:
        yield "    (output too large, dropped by ansible-runner)"


def _damage(analysis: Analysis, most: int) -> list[str]:
    damage = analysis.attempt.damage
    lines = columns([(line(one.path), line(one.why)) for one in damage[:most]])
    if len(damage) > most:
        lines.append(f"  and {len(damage) - most:,} more")
    return lines
