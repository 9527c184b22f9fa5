"""The screen's pure part: what is known, and what the user chose, become its lines."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ksimage.cli.output.watch import hints, table
from ksimage.cli.output.watch.cells import Paint, fit, short, width
from ksimage.events import phases
from ksimage.events.phases import cause
from ksimage.events.tally import Memory, slowest
from ksimage.timeline.words import line, paragraph, task_name

if TYPE_CHECKING:
    from ksimage.events.frames import Chronicle
    from ksimage.events.model import Run

_KEYS = (
    "↑↓ component  f failures  e errors  ? help  q leave",
    "↑↓ component  f failures  e errors only  ? help  q leave (the installation goes on)",
)
_STARS = re.compile(r" \*{4,}$")  # Ansible fills its banners up with them
_DIGEST = 12  # characters of a digest that are shown
_HELP = """\
↑ ↓    choose the component whose last lines are shown
f      what failed, with its output; again: back
e      only lines of failures and retries; again: all
q      leave, as does Ctrl-C: the installation goes on
✓ done   ▶ at work   ◷ waits and tries again   ✗ failed   ? cut off
try 4/30   the fourth of thirty tries of a task that waits for something
(was 33s)  the time of the same task before, where it now takes twice that"""


@dataclass
class Choice:
    """What the user chose.

    Attributes:
        component: whose lines are shown; empty: the one that matters most.
    """

    component: str = ""
    panel: Literal["lines", "failures", "help"] = "lines"
    errors_only: bool = False


def draw(
    told: Chronicle, choice: Choice, columns: int, rows: int, now: float, paint: Paint
) -> list[str]:
    """The frame: exactly ``rows`` lines of at most ``columns`` cells.

    Args:
        now: seconds since 1970 by the pod's clock.
    """
    runs = phases.latest(told.attempt.runs)
    ordered = table.rows([run for run in runs if _has_row(run)], now)
    head = _head(told, runs, columns, now, paint)
    foot = _foot(told, runs, columns, paint)
    lines = [*head, paint("dim under", table.header(columns))]
    room = rows - len(lines) - len(foot)
    shown, folded, hidden = _arranged(ordered, room)
    picked = chosen(ordered, choice)
    memory = Memory(told.attempts)
    for row in shown:
        mark = bool(choice.component) and row.run is picked
        lines.append(table.draw(row, columns, now, memory, paint, mark))
    if folded:
        lines.append(table.folded(folded, columns, now, paint))
    if hidden:
        names = ", ".join(line(row.run.component) for row in hidden)
        lines.append(paint("dim", fit(f"  … {len(hidden)} more: {names}", columns)))
    lines += _panel(choice, picked, runs, columns, rows - len(lines) - len(foot), paint)
    return [*lines, *foot][:rows]


def chosen(ordered: list[table.Row], choice: Choice) -> Run | None:
    """Whose lines are shown: the user's choice, else what failed or is longest at its task."""
    for row in ordered:
        if row.run.component == choice.component:
            return row.run
    return ordered[0].run if ordered else None


def step(told: Chronicle, choice: Choice, by: int, now: float) -> None:
    """Choose the component ``by`` rows further down."""
    runs = phases.latest(told.attempt.runs)
    ordered = table.rows([run for run in runs if _has_row(run)], now)
    names = [row.run.component for row in ordered]
    if not names:
        return
    at = names.index(choice.component) + by if choice.component in names else 0
    choice.component = names[max(0, min(at, len(names) - 1))]


def _has_row(run: Run) -> bool:
    """Phases of one component have a row while they run or when they failed."""
    return phases.is_parallel(run.component) or run.state != "ok"


def _head(told: Chronicle, runs: list[Run], columns: int, now: float, paint: Paint) -> list[str]:
    title = line(told.title or "ks-installer")
    if ":" in title.partition("@")[0].rpartition("/")[2]:
        title = title.partition("@")[0]  # the tag says more to people than the digest
    name, at, digest = title.partition("@sha256:")
    title = f"{name}{at}{digest[:_DIGEST]}…" if at and len(digest) > _DIGEST else title
    ours, style = hints.whose(told)
    ours = f"  {ours}" if ours else ""
    start = min((run.start for run in runs if run.start is not None), default=now)
    end = max((run.end or now for run in runs), default=now)
    if any(run.state == "running" for run in runs) or phases.phase(runs).number < phases.PHASES:
        end = now
    right = f"  {short(end - start)}"
    left = columns - width(right) - width(ours)
    if width(title) > left:
        title = "…" + title[1 - left :]  # the name stands at the end
    first = paint("bold", fit(title, left)) + paint(style, ours) + paint("bold", right)
    if not runs:
        waiting = "waiting for the first event" if told.live else "reading what is there"
        lines = [first, fit("no connection" if told.lost else waiting, columns), ""]
    else:
        single = [run for run in runs if not phases.is_parallel(run.component)]
        chips = _chips([table.chip(run, now) for run in single], columns)
        lines = [first, _phase(told, runs, columns, paint), paint("dim", fit(chips, columns))]
    hint = hints.hint(told, runs)
    if hint:
        lines.append(paint("yellow", fit(hint, columns)))
    return lines


def _chips(chips: list[str], columns: int) -> str:
    """The last phases that fit."""
    text = "  ".join(chips)
    while width(text) > columns and len(chips) > 1:
        chips = chips[1:]
        text = "…  " + "  ".join(chips)
    return text


def _phase(told: Chronicle, runs: list[Run], columns: int, paint: Paint) -> str:
    phase = phases.phase(runs)
    parallel = [run for run in runs if phases.is_parallel(run.component)]
    text = f"phase {phase.number}/{phases.PHASES} {phase.name}"
    if parallel or told.expected:
        done = sum(run.state in ("ok", "failed") for run in parallel)
        text += f" · {done} of {max(len(parallel), len(told.expected))} done"
    if phase.left:
        text += f" · left: {', '.join(phase.left)}"
    failed = sum(run.state == "failed" or cause(run) is not None for run in runs)
    red = f" · {failed} FAILED" if failed else ""
    return fit(text, columns - width(red)) + paint("bold red", red)


def _arranged(
    ordered: list[table.Row], room: int
) -> tuple[list[table.Row], list[table.Row], list[table.Row]]:
    """Rows that are shown, folded into one line, and named only; the panel keeps its lines."""
    most = max(3, room // 2)
    if len(ordered) <= most:
        return ordered, [], []
    done = [row for row in ordered if row.run.state == "ok" and not row.failed]
    if len(done) > 1:
        ordered = [row for row in ordered if row not in done]
        most -= 1
    else:
        done = []
    if len(ordered) <= most:
        return ordered, done, []
    return ordered[: most - 1], done, ordered[most - 1 :]


def _panel(
    choice: Choice, run: Run | None, runs: list[Run], columns: int, room: int, paint: Paint
) -> list[str]:
    """A titled rule, and below it the last lines, the failures or help."""
    if room < 1:
        return []
    if choice.panel == "help":
        title, body = "help", _HELP.splitlines()
    elif choice.panel == "failures":
        title, body = "failures", failures(runs) or ["nothing has failed"]
    else:
        title = line(run.component) if run else ""
        title += " · errors only" if choice.errors_only else ""
        title += " (UTC)" if title else ""
        body = _last_lines(run, choice.errors_only, room) if run else []
    rule = f"── {title} " if title else ""
    lines = [paint("dim", rule + "─" * (columns - width(rule)))]
    body = body[: room - 1] if choice.panel != "lines" else body[-(room - 1) :]
    lines += [_coloured(fit(text, columns), paint) for text in body if room > 1]
    return lines + [""] * (room - len(lines))


def failures(runs: list[Run]) -> list[str]:
    """What failed so far: component, task, and the end of its output."""
    said = []
    for run in runs:
        for task in run.tasks:
            if task.state in ("failed", "unreachable"):
                said.append(f"✗ {line(run.component)}: {task_name(task.name)}")
                said += ["    " + text for text in paragraph(task.output, 3000).splitlines()[-8:]]
    return said


def _last_lines(run: Run, errors_only: bool, most: int) -> list[str]:
    lines: list[str] = []
    for event in reversed(run.events):
        if len(lines) >= most:
            break
        if not event.stdout or (
            errors_only and event.state not in ("failed", "ignored", "unreachable", "retry")
        ):
            continue
        clock = time.strftime("%H:%M:%S", time.gmtime(event.time)) if event.time else " " * 8
        said = [text for text in paragraph(event.stdout, 4000).splitlines() if text.strip()]
        lines[:0] = [f"{clock} {_STARS.sub('', text)}" for text in said]
    return lines


def _coloured(text: str, paint: Paint) -> str:
    said = text[9:]
    if said.startswith(("fatal", "failed")) or text.startswith("✗"):
        return paint("red", text)
    return paint("yellow", text) if "RETRYING" in said else text


def _foot(told: Chronicle, runs: list[Run], columns: int, paint: Paint) -> list[str]:
    most = 3 if columns >= table.WIDE else 2
    slow = "  ·  ".join(
        f"{short(seconds)} {line(run.component)}: {task_name(task.name)}"
        for seconds, run, task in slowest(runs, most)
    )
    keys = f"{told.events:,} events · {_KEYS[columns >= table.WIDE]}"
    return [
        paint("dim", "─" * columns),
        paint("dim", fit(f"slowest  {slow}", columns)),
        paint("dim", fit(keys, columns)),
    ]
