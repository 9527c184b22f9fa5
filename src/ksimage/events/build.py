"""Events, one at a time and in any state, become an attempt's runs and tasks.

The only place that knows what ansible-runner's events mean. A folder read at once and a pod
followed for hours feed the same builder.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from sys import getsizeof, intern

from ksimage.events import failure, model, runs
from ksimage.events.model import Attempt, Damage, Event, EventState, Run, Stats, Task, TaskState
from ksimage.events.runs import OpenRun

_RESULTS: dict[str, TaskState] = {
    "runner_on_ok": "ok",
    "runner_on_failed": "failed",
    "runner_on_skipped": "skipped",
    "runner_on_unreachable": "unreachable",
}
_OTHERS: dict[str, EventState] = {
    "verbose": "verbose",
    "runner_on_start": "start",
    "runner_item_on_ok": "item",
    "runner_item_on_skipped": "item",
    "runner_item_on_failed": "failed",
    "runner_retry": "retry",
}
_SUMMARY = ("ok", "changed", "failures", "dark", "skipped", "rescued", "ignored")
"""Ansible's keys for the fields of Stats, in their order."""
_NOTHING: dict[str, object] = {}
STDOUT_LIMIT = 8_000
"""Characters of one event's output that are kept."""
_STDOUT_ROOM = 48 << 20
_OUTPUT_ROOM = 16 << 20
_MOST_DAMAGES = 1000
_MOST_RUNS = 2000


class Builder:
    """Makes one attempt.

    Attributes:
        attempt: what is known so far; it grows in place.
    """

    def __init__(self) -> None:
        self.attempt = Attempt()
        self._folders: dict[tuple[str, str], list[OpenRun]] = {}
        self._stdout_room = _STDOUT_ROOM
        self._output_room = _OUTPUT_ROOM

    def feed(
        self,
        component: str,
        ident: str,
        raw: object,
        *,
        path: str = "",
        mtime: float | None = None,
    ) -> tuple[Run, Event] | None:
        """Take one event: those of one run in the order of their counters, runs in any order.

        Args:
            component, ident: the names of the folders that it was found in.
            raw: the event file's JSON, whole or as the follow program sends it.
            path: names the file when it is damaged.
            mtime: when the file was written, seconds since 1970; tells runs apart where an
                event has no time of its own (``verbose`` of ansible-runner 1.4).

        Returns:
            The run and the event, None for what is no event (its damage is noted).
        """
        if type(raw) is not dict or type(kind := raw.get("event")) is not str:
            self.damage(path, "not an event of ansible-runner")
            return None
        data = raw.get("event_data")
        if type(data) is not dict:
            data = _NOTHING
        counter = _number(raw.get("counter"))
        created = raw.get("created")
        time = model.when(created)
        if time is None and created is not None:
            self.damage(path, f"no usable time: {str(created)[:40]}")
        uuid = data.get("playbook_uuid")
        folder = self._folders.get((component, ident))
        if folder is None:
            folder = self._folders[component, ident] = []
        own = runs.choose(
            folder, uuid if type(uuid) is str else "", counter, mtime if time is None else time
        )
        if own is None:
            if len(self.attempt.runs) >= _MOST_RUNS:
                self.damage(path, f"one of more than {_MOST_RUNS} runs, which no installation has")
                return None
            own = self._begin(folder, component, ident, uuid if type(uuid) is str else "")
        own.last = max(own.last, counter)
        if mtime is not None:
            own.mtime = mtime
        if time is None:
            time = own.time
        else:
            own.time = time
            if own.run.start is None:
                own.run.start = time
                runs.order(folder)
                self.attempt.runs.sort(key=lambda run: run.start or math.inf)
            elif own.run.state == "cut":
                own.run.end = time
        stdout = raw.get("stdout")
        event = Event(
            time,
            intern(kind),
            counter,
            *self._meaning(own, kind, data, time),
            self._kept(stdout) if type(stdout) is str and stdout else "",
        )
        own.run.events.append(event)
        return own.run, event

    def set_rc(self, component: str, ident: str, rc: int, mtime: float | None = None) -> None:
        """Tell a run's exit status, which ansible-runner writes to ``rc`` beside the events.

        It belongs to the folder's last run, unless that began after the file was written.
        """
        folder = self._folders.get((component, ident))
        if not folder:
            folder = self._folders[component, ident] = []
            self._begin(folder, component, ident, "")
        own = folder[-1]
        if len(folder) > 1 and own.run.stats is None and not runs.began_before(own.run, mtime):
            own = folder[-2]
        own.run.rc = rc
        if rc:
            own.run.state = "failed"
        elif own.run.stats is None:
            own.run.state = "ok"
        if own.run.end is None:
            own.run.end = own.time

    def expect(self, component: str, ident: str) -> None:
        """A run's folder is there, of which nothing could be read: how it went is unknown."""
        folder = self._folders.setdefault((component, ident), [])
        if component and not folder and len(self.attempt.runs) < _MOST_RUNS:
            self._begin(folder, component, ident, "")

    def damage(self, path: str, why: str) -> None:
        """Note what could not be read; of very many only the first are kept."""
        if len(self.attempt.damage) < _MOST_DAMAGES:
            self.attempt.damage.append(Damage(path, why))

    def cut(self) -> None:
        """The attempt is over (its container is gone): runs that still ran were cut."""
        for folder in self._folders.values():
            for own in folder:
                own.cut()

    def _begin(self, folder: list[OpenRun], component: str, ident: str, uuid: str) -> OpenRun:
        own = OpenRun(Run(component, ident, uuid))
        folder.append(own)
        self.attempt.runs.append(own.run)
        return own

    def _meaning(
        self, own: OpenRun, kind: str, data: Mapping[str, object], time: float | None
    ) -> tuple[EventState, Task | None]:
        """What a picture shows the event as, and its task, which is brought up to date."""
        if kind == "verbose":
            return "verbose", None
        if kind in ("playbook_on_task_start", "playbook_on_handler_task_start"):
            return "start", own.begin_task(data, time)
        if kind == "playbook_on_stats":
            own.finish(Stats(*(_total(data.get(key)) for key in _SUMMARY)), time)
            return "other", None
        if "task_uuid" not in data:
            return _OTHERS.get(kind, "other"), None
        task = own.task(data)
        result = data.get("res")
        if type(result) is not dict:
            result = _NOTHING
        found = _RESULTS.get(kind)
        if found is not None:
            return self._end_task(task, found, data, result, time), task
        if kind == "runner_retry":
            task.attempts = _number(result.get("attempts"))
            # ansible counts the first try among the retries.
            task.retries = max(0, _number(result.get("retries")) - 1)
        elif kind == "runner_on_start":
            if task.state == "running" and time is not None:
                task.start = time
        elif kind.startswith("runner_item_on_"):
            task.items += 1
            if kind == "runner_item_on_failed":
                self._add_output(task, failure.of_item(result))
                if data.get("ignore_errors"):
                    return "ignored", task
        return _OTHERS.get(kind, "other"), task

    def _end_task(
        self,
        task: Task,
        state: TaskState,
        data: Mapping[str, object],
        result: Mapping[str, object],
        time: float | None,
    ) -> TaskState:
        if state == "ok" and result.get("changed") is True:
            state = "changed"
        elif state in ("failed", "unreachable"):
            if data.get("ignore_errors") is True or data.get("ignore_unreachable") is True:
                state = "ignored"
            self._add_output(task, failure.said(result))
        if state in ("ok", "changed", "skipped"):
            task.output = ""
        task.state = state
        task.end = time
        task.output_dropped = data.get("res") == {}
        if task.start is None:
            task.start = model.when(data.get("start"))
        return state

    def _kept(self, text: str) -> str:
        if len(text) > STDOUT_LIMIT:
            text = text[:STDOUT_LIMIT] + "…"
        self._stdout_room -= getsizeof(text)
        return text if self._stdout_room > 0 else ""

    def _add_output(self, task: Task, text: str) -> None:
        if text and text not in task.output and len(task.output) < failure.LIMIT:
            text = f"{task.output}\n{text}" if task.output else text
            self._output_room -= getsizeof(text)
            task.output = text[: failure.LIMIT if self._output_room > 0 else 400]


def _number(value: object) -> int:
    """A count of an event: a number, or (ansible-runner 1.4's ``verbose``) its text; 0 else."""
    if type(value) is str and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    if type(value) is int and 0 <= value < 1 << 53:
        return value
    return 0


def _total(by_host: object) -> int:
    return sum(map(_number, by_host.values())) if isinstance(by_host, dict) else 0
