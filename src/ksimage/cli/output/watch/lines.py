"""One line an event, for pipes and logs; or one JSON object an event, for programs."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from ksimage.cli.output.watch.cells import Paint, short
from ksimage.timeline.words import line, task_name

if TYPE_CHECKING:
    from ksimage.events.frames import Chronicle, Frame
    from ksimage.events.model import Event, Run
    from ksimage.events.phases import InstallationVerdict

Fed: TypeAlias = "tuple[Run, Event] | None"
"""What a frame told, as Chronicle.take gives it."""
NDJSON = "ksimage/watch/v1"
"""Version of the NDJSON lines; grows when a key changes its meaning or goes."""
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the Z is added
_TOLD = ("ok", "changed", "failed", "ignored", "unreachable", "retry")
_STYLES = {
    "failed": "red", "unreachable": "red", "ignored": "yellow", "retry": "yellow",
    "changed": "green",
}  # fmt: skip


def plain(run: Run, event: Event, paint: Paint) -> list[str]:
    """The lines that an event is worth; most are worth none."""
    head = f"{_clock(event.time)} {line(run.component, 40)}"
    if event.kind == "playbook_on_start":
        return [f"{head} started"]
    if event.kind == "playbook_on_stats":
        assert run.stats is not None
        verdict = "ok" if run.stats.clean else "FAILED"
        counts = f"ok={run.stats.ok} changed={run.stats.changed} failed={run.stats.failures}"
        return [paint("" if run.stats.clean else "bold red", f"{head} {verdict} {counts}")]
    task = event.task
    if task is None or event.state not in _TOLD or event.kind.startswith("runner_item"):
        return []
    text = f"{head} {event.state}: {task_name(task.name)}"
    if event.state == "retry":
        text += f" (try {task.attempts}/{task.retries})"
    elif task.duration is not None and task.duration >= 1:
        text += f" ({short(task.duration)})"
    lines = [paint(_STYLES.get(event.state, ""), text)]
    if event.state in ("failed", "unreachable"):
        said = [one for one in task.output.splitlines() if one.strip()]
        lines += [f"    {line(one)}" for one in said[:1] + said[1:][-8:]]
    return lines


def of_frame(frame: Frame, told: Chronicle) -> str:
    """The line for what happens to the connection or the recording; empty for other frames."""
    if frame["k"] == "lost":
        return f"no connection, trying again: {line(told.lost)}"
    if frame["k"] == "unsaved":
        return f"no longer recorded: {line(told.unsaved)}"
    if frame["k"] == "hello" and len(told.attempts) > 1 and not told.attempt.runs:
        return f"the installer's container was started anew (start {len(told.attempts)})"
    return ""


def ndjson(run: Run, event: Event, attempt: int) -> str:
    """One event as one line of JSON, its texts as they came."""
    document: dict[str, object] = {
        "type": "event",
        "attempt": attempt,
        "component": run.component,
        "run": run.playbook_uuid,
        "time": _moment(event.time),
        "event": event.kind,
        "counter": event.counter,
        "state": event.state,
    }
    if event.task is not None:
        task = event.task
        told: dict[str, object] = {
            "uuid": task.uuid,
            "name": task.name,
            "host": task.host,
            "role": task.role,
            "action": task.action,
            "state": task.state,
            "start": _moment(task.start),
            "end": _moment(task.end),
            "attempts": task.attempts,
            "retries": task.retries,
            "items": task.items,
        }
        if task.output:
            told["output"] = task.output
        if task.output_dropped:
            told["output_dropped"] = True
        document["task"] = told
    if event.stdout:
        document["stdout"] = event.stdout
    return json.dumps(document, separators=(",", ":"))


def ndjson_begin(told: Chronicle) -> str:
    """The first line: what is watched."""
    return json.dumps({"schema": NDJSON, "type": "begin", "title": told.title})


def ndjson_frame(frame: Frame, told: Chronicle) -> str:
    """A line for what is no event: a connection, a new start, what is expected; else empty."""
    kind = frame["k"]
    document: dict[str, object]
    if kind == "hello":
        document = {"type": "connected", "attempt": len(told.attempts), "boot": told.attempt.boot}
    elif kind == "lost":
        document = {"type": "lost", "why": told.lost}
    elif kind == "unsaved":
        document = {"type": "unsaved", "why": told.unsaved}
    elif kind == "live":
        document = {"type": "live"}
    elif kind == "plan":
        document = {
            "type": "plan",
            "hook_sha256": told.hook_sha256,
            "busy_wait": None if told.hook_sleeps is None else not told.hook_sleeps,
            "expected": list(told.expected),
        }
    elif kind == "bad":
        damage = told.attempt.damage[-1:]
        document = (
            {"type": "damage", "path": damage[0].path, "why": damage[0].why} if damage else {}
        )
    else:
        return ""
    return json.dumps(document, separators=(",", ":"))


def ndjson_end(told: Chronicle, verdict: InstallationVerdict, exit_code: int) -> str:
    """The last line: the verdict."""
    return json.dumps(
        {
            "type": "end",
            "outcome": verdict.outcome,
            "exit_code": exit_code,
            "failed": [run.component for run in verdict.failed],
            "missing": list(verdict.missing),
            "why": verdict.why,
            "events": told.events,
            "attempts": len(told.attempts),
        },
        separators=(",", ":"),
    )


def _moment(seconds: float | None) -> str | None:
    """RFC 3339 in UTC, as in every document of ksimage."""
    if seconds is None:
        return None
    return (_EPOCH + timedelta(seconds=seconds)).isoformat(timespec="microseconds") + "Z"


def _clock(moment: float | None) -> str:
    return time.strftime("%H:%M:%S", time.gmtime(moment)) if moment is not None else "--:--:--"
