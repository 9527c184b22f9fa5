"""What is said when the watching ends: how it went, what failed and why, what to type next."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ksimage.cli.output.watch import hints
from ksimage.cli.output.watch.cells import Paint, short
from ksimage.events import phases
from ksimage.events.phases import cause
from ksimage.events.tally import slowest
from ksimage.timeline.words import count, line, paragraph, task_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.events.frames import Chronicle
    from ksimage.events.model import Run
    from ksimage.events.phases import InstallationVerdict

_OUTPUT_LINES = 8


def report(
    told: Chronicle,
    verdict: InstallationVerdict,
    paint: Paint,
    *,
    left: bool = False,
    live: bool = True,
) -> list[str]:
    """The lines of the report.

    Args:
        left: the user left; a live installation goes on.
        live: whether a pod was watched.
    """
    runs = phases.latest(told.attempt.runs)
    lines = [_headline(told, verdict, runs, paint, left, live)]
    if len(told.attempts) > 1:
        lines.append(
            f"  the installer's container was started anew: {len(told.attempts)} starts were seen,"
            " this is about the last one"
        )
    for run in verdict.failed:
        lines += _failure(run, paint)
    for run in runs:
        if run.state == "cut" and run.component not in phases.AFTER:
            name = line(run.component)
            lines.append(f"{paint('yellow', '?')} {name}: ended, state unknown (it has no summary)")
    if verdict.outcome == "failed" and verdict.why:
        lines.append(f"  whether the rest was installed is unknown: {line(verdict.why)}")
    if verdict.missing and not left:
        lines.append(f"  expected but never seen: {', '.join(map(line, verdict.missing))}")
    if verdict.outcome in ("success", "failed"):
        lines += _slow(runs)
    damage = sum(len(attempt.damage) for attempt in told.attempts)
    if damage:
        first = told.attempts[-1].damage[:1] or told.attempts[0].damage[:1]
        where = "".join(f"; {line(one.path)}: {line(one.why)}" for one in first)
        lines.append(f"  {count(damage, 'event file')} could not be read{where}")
    if hints.busy(told) and verdict.outcome != "running":
        lines.append(f"  {hints.BUSY}")
    return lines


def advice(verdict: InstallationVerdict, live: bool, words: Sequence[str]) -> list[str]:
    """What to type next.

    Args:
        live: whether a pod was watched.
        words: the options that lead to the pod, or what was watched instead.
    """
    where = "".join(f" {shlex.quote(word)}" for word in words)
    if verdict.outcome == "success":
        return []
    if not live:
        # What came over stdin is gone.
        return [] if list(words) == ["-"] else [f"ksimage timeline{where}"]
    collect = f"ksimage collect -o bundle.tar.gz{where}"
    again = [] if verdict.outcome == "failed" else [f"ksimage watch{where}"]
    return [*again, collect, f"ksimage timeline{where}"]


def _headline(
    told: Chronicle,
    verdict: InstallationVerdict,
    runs: list[Run],
    paint: Paint,
    left: bool,
    live: bool,
) -> str:
    starts = [run.start for run in runs if run.start is not None]
    ends = [run.end for run in runs if run.end is not None]
    goes_on = verdict.outcome == "running" or left
    last = told.now if goes_on or not ends else max(ends)  # a pod is often asked hours later
    took = f" after {short(max(last, *starts) - min(starts))}" if starts else ""
    if verdict.outcome == "success":
        done = short(max(ends) - min(starts)) if starts and ends else "no time that is known"
        return paint("bold green", f"✓ installed in {done}")
    if verdict.outcome == "failed":
        names = ", ".join(line(run.component) for run in verdict.failed)
        return paint("bold red", f"✗ the installation failed{took}: {names}")
    if left and not live:
        return paint("bold", "left before its end was shown")
    if verdict.outcome == "running" or left:
        phase = phases.phase(runs).name if runs else "nothing has begun"
        return paint("bold", f"the installation goes on ({phase}{took})")
    return paint("bold yellow", f"? ended, state unknown{took}: {line(verdict.why)}")


def _failure(run: Run, paint: Paint) -> list[str]:
    seconds = (run.end or run.start or 0.0) - (run.start or 0.0)
    lines = [paint("red", f"✗ {line(run.component)} failed after {short(seconds)}")]
    task = cause(run)
    if task is None:
        lines.append(f"  no event tells which task; ansible ended with status {run.rc}")
        said = [text for event in run.events[-12:] for text in event.stdout.splitlines()]
        lines += [f"  output  {line(text)}" for text in said[-_OUTPUT_LINES:] if text.strip()]
    else:
        lines.append(f"  task    {task_name(task.name)}")
        if task.role:
            lines.append(f"  role    {line(task.role)}")
        if task.path:
            lines.append(f"  at      {line(task.path)}")
        if task.attempts:
            lines.append(
                f"  tries   {task.attempts} of {task.retries}, {short(task.duration or 0)}"
            )
        said = [text for text in paragraph(task.output, 4000).splitlines() if text.strip()]
        command = [text for text in said if text.startswith("$ ")][:1]
        rest = [text for text in said if not text.startswith("$ ")][-_OUTPUT_LINES:]
        lines += [f"  output  {text}" for text in (*command, *rest)]
        if task.output_dropped:
            lines.append("  output  too large, dropped by ansible-runner")
    if not phases.is_fatal(run.component):
        lines.append('  kk will still say "Welcome to KubeSphere!": do not believe it')
    return lines


def _slow(runs: list[Run]) -> list[str]:
    said = [
        f"{short(seconds)} {line(run.component)}: {task_name(task.name)}"
        + (f" ({count(task.attempts, 'retry', 'retries')})" if task.attempts else "")
        for seconds, run, task in slowest(runs, 3)
    ]
    return [f"  slowest {text}" for text in said]
