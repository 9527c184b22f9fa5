"""Which run of a folder an event belongs to, and the tasks of a run that is still being read.

A second run with the same ident writes into the same folder and counts from 1 again, so a run is
known by its playbook_uuid; ``verbose`` events have none and are told by counter and time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ksimage.events.model import Run, Stats, Task

_NAME_LIMIT = 1000
# A file's time and an event's own come from the same clock, at different moments of its writing.
_SLACK = 1.0


class OpenRun:
    """A run with what reading it needs.

    Attributes:
        run: the model's.
        last: the highest counter seen.
        time: of the last event that had one, seconds since 1970.
        mtime: of the last file, where it was told.
    """

    __slots__ = ("_current", "_tasks", "last", "mtime", "run", "time")

    def __init__(self, run: Run) -> None:
        self.run = run
        self.last = 0
        self.time: float | None = None
        self.mtime: float | None = None
        self._tasks: dict[str, dict[str, Task]] = {}
        self._current: dict[str, Task] = {}

    def begin_task(self, data: Mapping[str, object], time: float | None) -> Task:
        """A task's banner, which names no host; the first host that reports gets this task."""
        self._close_current(time)
        uuid = _text(data.get("task_uuid"))
        hosts = self._tasks.get(uuid)
        task = self._new(data, time)
        if hosts is None or all(known.state != "running" for known in hosts.values()):
            # A handler that is notified again runs again under its old uuid.
            hosts = self._tasks[uuid] = {}
        hosts[""] = task
        self._current = hosts
        return task

    def task(self, data: Mapping[str, object]) -> Task:
        """The task on the host that an event is about; a new one where its start is missing."""
        uuid = data.get("task_uuid")
        host = data.get("host")
        if type(uuid) is not str or type(host) is not str:
            uuid, host = _text(uuid), _text(host)
        hosts = self._tasks.get(uuid)
        if hosts is None:
            hosts = self._tasks[uuid] = {}
        # An include or a warning names the task only.
        found = hosts.get(host) if host else next(iter(hosts.values()), None)
        if found is None:
            found = hosts.pop("", None)
            if found is None:
                first = next(iter(hosts.values()), None)
                found = self._new(data, first.start if first else None)
            found.host = host[:_NAME_LIMIT]
            hosts[host] = found
        return found

    def finish(self, stats: Stats, time: float | None) -> None:
        """Ansible's summary: the run is judged, and which failures were rescued is known."""
        self._close_current(time)
        self.run.stats = stats
        self.run.end = time
        self.run.state = "ok" if stats.clean and not self.run.rc else "failed"
        failed = [task for task in self.run.tasks if task.state == "failed"]
        # After a failure that nothing rescues, a host runs no more tasks: rescued ones came first.
        for task in failed[: max(0, len(failed) - stats.failures)]:
            task.state = "rescued"

    def cut(self) -> None:
        """The run will not go on."""
        if self.run.state == "running":
            self.run.state = "cut"
            self.run.end = self.time

    def _close_current(self, time: float | None) -> None:
        """Ansible has gone on: what has no result (an include, a lost file) is over as well."""
        for task in self._current.values():
            if task.state == "running":
                task.state = "ok"
                task.end = time

    def _new(self, data: Mapping[str, object], time: float | None) -> Task:
        task = Task(
            _text(data.get("task_uuid")),
            _text(data.get("task")) or _text(data.get("name")),
            "",
            _text(data.get("role")),
            _text(data.get("task_action")),
            _text(data.get("task_path")),
            time,
        )
        self.run.tasks.append(task)
        return task


def choose(
    folder: Sequence[OpenRun], uuid: str, counter: int, time: float | None
) -> OpenRun | None:
    """The run that an event belongs to, None when it begins a new one.

    Args:
        folder: the runs of its folder, oldest first.
        uuid: of the playbook; empty for ``verbose``.
        counter: of the event, 1 at each run's beginning.
        time: of the event or its file.
    """
    if not folder:
        return None
    newest = folder[-1]
    if uuid:
        if newest.run.playbook_uuid == uuid:
            return newest
        for own in folder:
            if own.run.playbook_uuid == uuid:
                return own
        # Ansible's first words come before the playbook is named.
        unnamed = [own for own in folder if not own.run.playbook_uuid and own.last < counter]
        # A copy's files can be younger than all events.
        found = _latest(unnamed, time) or next(iter(unnamed), None)
        if found is not None:
            found.run.playbook_uuid = uuid
        return found
    if len(folder) == 1:
        return newest if newest.last < counter or not counter else None
    following = [own for own in folder if own.last == counter - 1]
    if len(following) == 1:
        return following[0]
    if following:
        return _latest(following, time) or following[-1]
    return newest if newest.last < counter or not counter else None


def began_before(run: Run, time: float | None) -> bool:
    """Whether a run had begun when a file was written; without times it had not."""
    return run.start is not None and time is not None and run.start <= time + _SLACK


def _latest(candidates: Sequence[OpenRun], time: float | None) -> OpenRun | None:
    """Of runs that an event could continue, the last one that had spoken by its time."""
    if time is None:
        return candidates[-1] if candidates else None
    fitting = [
        own
        for own in candidates
        if (seen := own.time if own.time is not None else own.mtime) is None
        or seen <= time + _SLACK
    ]
    return max(fitting, key=lambda own: own.time or own.mtime or 0.0) if fitting else None


def order(folder: list[OpenRun]) -> None:
    """Put a folder's runs in order once one's start is known; all but the last are over.

    One that was only being read (two runs' files lie in one folder) is judged by its stats later.
    """
    folder.sort(key=lambda own: math.inf if own.run.start is None else own.run.start)
    for own in folder[:-1]:
        own.cut()


def _text(value: object) -> str:
    if type(value) is str:
        return value if len(value) <= _NAME_LIMIT else value[:_NAME_LIMIT] + "…"
    return str(value)[:_NAME_LIMIT] if isinstance(value, (int, float)) else ""
