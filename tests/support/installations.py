"""Installations made up in the model: as many events as wanted, the same for the same seed.

Shaped as real ones are: four playbooks one after the other, components side by side, two more, and
one after the end; loops, retries, skipped tasks, failures ignored, rescued and real, verbose lines.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

from ksimage.events.model import Attempt, Event, Run, Stats, Task, TaskState

START = 1_795_000_000.0
FIRST = (("preinstall", "preInstall", 12), ("metrics_server", "metrics-server", 10),
         ("common", "common", 95), ("ks-core", "ks-core", 55))  # fmt: skip
SIDE_BY_SIDE = (
    ("monitoring", 62), ("multicluster", 14), ("openpitrix", 9), ("network", 7), ("alerting", 3),
    ("auditing", 14), ("devops", 34), ("events", 17), ("logging", 19), ("notification", 3),
    ("servicemesh", 31), ("kubeedge", 3),
)  # fmt: skip
LAST = (("ks-config", "ks-config", 24), ("result-info", "result", 14),
        ("telemetry", "telemetry", 9))  # fmt: skip
VERBS = ("Getting", "Creating", "Deploying", "Checking", "Setting", "Importing", "Waiting for")
THINGS = ("installation files", "manifests", "custom resources", "namespace", "node selector",
          "volume claim", "helm release", "status", "secret", "config map", "operator",
          "certificates")  # fmt: skip
ACTIONS = ("shell", "command", "template", "copy", "set_fact", "kubernetes", "file")
FAILURE = """\
$ /usr/local/bin/kubectl apply -f /kubesphere/kubesphere/prometheus --force
non-zero return code
error: unable to recognize "/kubesphere/kubesphere/prometheus/alertmanager.yaml": no matches for \
kind "Alertmanager" in version "monitoring.coreos.com/v1"
"""


@dataclass
class Maker:
    """Makes the runs of one installation."""

    seed: int
    items: float
    """Loop items (with their events) for each task, on average."""
    speed: float
    failing: str
    counter: int = 0
    runs: list[Run] = field(default_factory=list)
    random: random.Random = field(default_factory=random.Random)

    def run(
        self, component: str, ident: str, tasks: int, start: float, unfinished: bool = False
    ) -> Run:
        """A playbook with ``tasks`` tasks, from ``start`` on."""
        run = Run(component, ident, f"{component}-{len(self.runs)}", start)
        self.runs.append(run)
        self.random.seed(f"{self.seed} {component}")
        now = start
        self._event(run, now, "playbook_on_start", "other", None)
        now += self.random.uniform(0.8, 1.6) * self.speed
        states: list[TaskState] = []
        for number in range(tasks):
            failing = component == self.failing and number == tasks - 1
            now = self._task(run, now, component, number, failing)
            states.append(run.tasks[-1].state)
            now += self.random.uniform(0.02, 0.2)
        if unfinished:
            run.tasks[-1].state = "running"
            run.tasks[-1].end = None
            return run
        self._event(run, now, "playbook_on_stats", "other", None)
        failures = states.count("failed")
        run.stats = Stats(
            ok=states.count("ok") + states.count("changed"),
            changed=states.count("changed"),
            failures=failures,
            skipped=states.count("skipped"),
            rescued=states.count("rescued"),
            ignored=states.count("ignored"),
        )
        run.rc = 2 if failures else 0
        run.state = "failed" if failures else "ok"
        run.end = now
        return run

    def _task(self, run: Run, now: float, component: str, number: int, failing: bool) -> float:
        # Each task is the same whatever the others do, so that two installations can be compared.
        self.random.seed(f"{self.seed} {component} {number}")
        chance = self.random.random()
        name = f"{self.random.choice(VERBS)} {component} {self.random.choice(THINGS)}"
        task = Task(
            uuid=f"{run.playbook_uuid}-{number}",
            name=f"{component} | {name}",
            host="localhost",
            role=f"{component}/role",
            action=self.random.choice(ACTIONS),
            path=f"/kubesphere/installer/roles/{component}/tasks/main.yaml:{number * 7 + 2}",
            start=now,
        )
        run.tasks.append(task)
        self._event(run, now, "playbook_on_task_start", "start", task)
        if chance < 0.13 and not failing:
            now += self.random.uniform(0.05, 0.3)
            return self._end(run, now, task, "skipped")
        if chance > 0.75:
            now = self._loop(run, now, task)
        elif chance > 0.62 or "Waiting" in name:
            now = self._retries(run, now, task)
        else:
            now += self.random.lognormvariate(0.9, 0.9) * self.speed
        if failing:
            task.output = FAILURE
            return self._end(run, now, task, "failed")
        if 0.13 < chance < 0.135:
            task.output = FAILURE
            return self._end(run, now, task, self.random.choice(("ignored", "rescued")))
        return self._end(run, now, task, "changed" if self.random.random() < 0.4 else "ok")

    def _loop(self, run: Run, now: float, task: Task) -> float:
        for _ in range(max(2, round(self.random.lognormvariate(math.log(self.items), 0.5)))):
            now += self.random.lognormvariate(-2.7, 0.6) * self.speed
            task.items += 1
            self._event(run, now, "runner_item_on_ok", "item", task)
            if self.random.random() < 0.3:
                self._event(run, now, "verbose", "verbose", None)
        return now

    def _retries(self, run: Run, now: float, task: Task) -> float:
        task.retries = 30
        for _ in range(self.random.randint(1, 6)):
            now += self.random.uniform(1.5, 6) * self.speed
            task.attempts += 1
            self._event(run, now, "runner_retry", "retry", task)
        return now + self.random.uniform(0.5, 3) * self.speed

    def _end(self, run: Run, now: float, task: Task, state: TaskState) -> float:
        task.state = state
        task.end = now
        kind = {"failed": "failed", "skipped": "skipped"}.get(state, "ok")
        self._event(run, now, f"runner_on_{kind}", state, task)
        return now

    def _event(self, run: Run, time: float, kind: str, state: object, task: Task | None) -> None:
        self.counter += 1
        run.events.append(Event(time, kind, self.counter, state, task, ""))  # type: ignore[arg-type]


def installation(
    events: int = 2000,
    *,
    seed: int = 1,
    failing: str = "monitoring",
    speed: float = 1.0,
    unfinished: bool = False,
) -> Attempt:
    """About ``events`` events (1,500 at least); all lengths times ``speed``.

    ``failing`` names the component whose last task fails; ``unfinished`` leaves the first
    component side by side at its last task, and what follows out.
    """
    tasks = sum(one[-1] for one in (*FIRST, *SIDE_BY_SIDE, *LAST))
    items = max(2.0, (events - 2.7 * tasks) / (0.25 * 1.3 * tasks) / 1.13)
    maker = Maker(seed, items, speed, failing)
    now = START
    for component, ident, number in FIRST:
        now = _end_of(maker.run(component, ident, number, now)) + 1.5
    beginnings = [now + 0.3 * at for at in range(len(SIDE_BY_SIDE))]
    ends: list[float] = []
    for (component, number), start in zip(SIDE_BY_SIDE, beginnings, strict=True):
        run = maker.run(component, component, number, start, unfinished and not ends)
        ends.append(_end_of(run))
    now = max(ends) + 1.5
    for component, ident, number in () if unfinished else LAST:
        now = _end_of(maker.run(component, ident, number, now)) + 1.5
    return Attempt(
        boot="ks-installer-7d9c/1795000000",
        image="harbor.lan/kubesphereio/ks-installer:v3.3.2-debug",
        runs=maker.runs,
    )


def _end_of(run: Run) -> float:
    return run.events[-1].time or START
