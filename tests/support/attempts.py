"""Small installations for the tests of the timeline."""

from __future__ import annotations

from ksimage.events.model import Attempt, Event, Run, RunState, Stats, Task, TaskState

BEGAN = 1_795_000_000.0


def task(
    name: str,
    start: float,
    seconds: float | None,
    state: TaskState = "ok",
    *,
    attempts: int = 0,
    items: int = 0,
    output: str = "",
) -> Task:
    """A task that begins ``start`` seconds after the installation."""
    began = BEGAN + start
    return Task(
        uuid=f"{name} {start}",
        name=name,
        host="localhost",
        role="role",
        action="shell",
        path=f"/roles/{name}.yaml:1",
        start=began,
        end=None if seconds is None else began + seconds,
        state=state,
        attempts=attempts,
        retries=30 if attempts else 0,
        items=items,
        output=output,
    )


def run(component: str, *tasks: Task, state: RunState = "ok", end: float | None = None) -> Run:
    """A run of these tasks, with an event at each one's start and end."""
    events: list[Event] = []
    for one in tasks:
        events.append(Event(one.start, "playbook_on_task_start", len(events) + 1, "start", one, ""))
        if one.end is not None:
            events.append(Event(one.end, "runner_on_ok", len(events) + 1, one.state, one, ""))
    return Run(
        component,
        component,
        f"{component} {tasks[0].start if tasks else 0}",
        tasks[0].start if tasks else None,
        None if end is None else BEGAN + end,
        stats={"ok": Stats(ok=1), "failed": Stats(failures=1)}.get(state),
        state=state,
        tasks=list(tasks),
        events=events,
    )


def attempt(*runs: Run) -> Attempt:
    """An attempt with these runs."""
    return Attempt(runs=list(runs))


def whole() -> Attempt:
    """Two components side by side, the longer of which fails; the last phase ends well."""
    return attempt(
        run("preinstall", task("Prepare", 0, 10)),
        run("monitoring", task("Deploy", 12, 8, attempts=3),
            task("Import", 21, 9, "failed", output="$ kubectl\nno matches"), state="failed"),
        run("network", task("Network", 12, 5, items=4)),
        run("result-info", task("Report", 32, 8)),
        run("telemetry", task("Tell", 41, 100)),
    )  # fmt: skip
