"""An installation as it happened: an attempt has runs, a run has tasks and events.

Times are seconds since 1970 (UTC) as floats, or None where the files hold no usable time.
All text comes from files of a pod and is hostile: whoever shows it cleans it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Literal, NamedTuple

TaskState = Literal[
    "running", "ok", "changed", "skipped", "ignored", "rescued", "failed", "unreachable"
]
EventState = Literal[TaskState, "retry", "item", "start", "verbose", "other"]
RunState = Literal["running", "ok", "failed", "cut"]
"""``cut``: the run ended (a later one of its component began, or its pod is gone) without stats."""

_UTC = timezone.utc
# An installation's clock can be wrong by years; what lies outside of these is no clock's.
_FIRST = datetime(1980, 1, 1, tzinfo=_UTC).timestamp()
_LAST = datetime(2200, 1, 1, tzinfo=_UTC).timestamp()


class Damage(NamedTuple):
    """A file, or a part of the tree, that could not be read as what it should be."""

    path: str
    why: str


@dataclass(slots=True)
class Task:
    """One task on one host of one run (a loop's items and a task's retries are counted in it)."""

    uuid: str
    name: str
    host: str = ""
    role: str = ""
    action: str = ""
    path: str = ""
    start: float | None = None
    end: float | None = None
    state: TaskState = "running"
    attempts: int = 0
    """Retries seen so far (``runner_retry``); ``retries`` is the number configured."""
    retries: int = 0
    items: int = 0
    output: str = ""
    """What a failure said: command, msg, stderr, stdout; empty for other states."""
    output_dropped: bool = False
    """ansible-runner drops results above 700,000 bytes."""

    @property
    def duration(self) -> float | None:
        """Seconds from start to end, None while either is unknown."""
        if self.start is None or self.end is None:
            return None
        return max(0.0, self.end - self.start)


class Event(NamedTuple):
    """One event file. ``task`` is None for events outside tasks and for verbose output."""

    time: float | None
    kind: str
    """ansible-runner's own word: ``runner_on_ok``, ``verbose``, …"""
    counter: int
    state: EventState
    """What a picture shows it as."""
    task: Task | None
    stdout: str


@dataclass(slots=True)
class Stats:
    """Ansible's own summary at the end of a run, summed over hosts."""

    ok: int = 0
    changed: int = 0
    failures: int = 0
    unreachable: int = 0
    skipped: int = 0
    rescued: int = 0
    ignored: int = 0

    @property
    def clean(self) -> bool:
        """A component is judged by this, never by counting failure events (rescues look alike)."""
        return not self.failures and not self.unreachable


@dataclass(slots=True)
class Run:
    """One playbook run: (folder, playbook_uuid), since a second run reuses its folder."""

    component: str
    ident: str
    playbook_uuid: str
    start: float | None = None
    end: float | None = None
    rc: int | None = None
    stats: Stats | None = None
    state: RunState = "running"
    tasks: list[Task] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@dataclass(slots=True)
class Attempt:
    """One boot of the installer's container, with all runs that it made (in order of start)."""

    boot: str = ""
    """Host name / start time of pid 1; empty where a source cannot know."""
    image: str = ""
    """The reference that the pod runs, where known."""
    hook_sha256: str = ""
    """Of installRunner.py in the pod, where known."""
    runs: list[Run] = field(default_factory=list)
    damage: list[Damage] = field(default_factory=list)


def when(text: object) -> float | None:
    """The seconds since 1970 (UTC) of an event's ``created`` or ``start``.

    ansible-runner writes times without a zone, in UTC, before 2.4 (``datetime.utcnow`` in its
    display callback, whatever the pod's zone is), and times with a zone since.

    Args:
        text: as read from the event; anything.

    Returns:
        None when it is no time, or one of a year in which no cluster ran.
    """
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=_UTC)
        seconds = moment.timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if _FIRST <= seconds < _LAST else None
