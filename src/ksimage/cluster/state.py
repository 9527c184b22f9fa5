"""What the installer in a pod is doing now: one look by a small program that is sent there."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.cluster import program
from ksimage.errors import ClusterAnswerCut, ClusterError, ClusterForbidden
from ksimage.objects import at, items, objects, text, texts
from ksimage.text import printable

if TYPE_CHECKING:
    from ksimage.cluster.installer import Pod
    from ksimage.cluster.kubectl import Kubectl

SECONDS: Final = 20.0
LAST_STEP: Final = "result-info"


class Failure(NamedTuple):
    """What failed in a run."""

    task: str
    message: str


class Step(NamedTuple):
    """One of ansible-runner's folders.

    Attributes:
        rc: exit code, None while it runs (or when it was killed).
        start, end: seconds since 1970.
        task: the last task that an event told of.
        failure: what failed, where that was found.
    """

    component: str
    ident: str
    rc: int | None
    start: float | None
    end: float | None
    task: str
    failure: Failure | None


class Playbook(NamedTuple):
    """A playbook that runs now. ``since``: seconds since 1970."""

    name: str
    since: float


class State(NamedTuple):
    """What was seen in the pod.

    Attributes:
        now: the pod's clock.
        hook_sha256: of the hook that shell-operator would run next; empty when there is none.
        stray: other executables below /hooks: each would be a second installation.
        env: variables that concern the verbosity, as the container has them.
        marker: when KubeKey's marker was written; None while it is not there.
        busy_since: since when a hook runs, None when none does.
        playbooks: those that run now.
        steps: all folders, by their start.
    """

    now: float
    hook_sha256: str
    stray: tuple[str, ...]
    env: dict[str, str]
    marker: float | None
    busy_since: float | None
    playbooks: tuple[Playbook, ...]
    steps: tuple[Step, ...]

    @property
    def busy(self) -> bool:
        """Whether an installation runs."""
        return self.busy_since is not None or bool(self.playbooks)

    @property
    def current(self) -> tuple[Step, ...]:
        """The steps of the run that is going on; of all runs when none is."""
        since = self.busy_since
        if since is None:
            return self.steps
        return tuple(step for step in self.steps if (step.start or 0.0) >= since)

    @property
    def failed(self) -> tuple[Step, ...]:
        """Those of them that ended badly."""
        return tuple(step for step in self.current if step.rc not in (None, 0))

    @property
    def ended(self) -> bool:
        """Whether the last step of an installation has come to its end, well or not."""
        return any(step.component == LAST_STEP and step.rc is not None for step in self.steps)


def look(kubectl: Kubectl, pod: Pod) -> State:
    """Look into a pod whose container runs.

    Raises:
        ClusterAnswerCut: the answer came cut twice.
        ClusterError: exec is forbidden, or the container is gone.
    """
    for attempt in (1, 2):
        printed = program.run(kubectl, pod, "state.py", seconds=SECONDS)
        try:
            return parse(printed.decode("utf-8", "replace"))
        except ClusterAnswerCut:
            if attempt == 2:
                raise
    raise AssertionError("unreachable")


def look_if_possible(kubectl: Kubectl, pod: Pod | None) -> tuple[State | None, str]:
    """As :func:`look`; without a pod that runs, or with one that has no python3, None and why.

    Raises:
        ClusterForbidden: the account may not; every other answer is one.
    """
    if pod is None or not pod.running:
        return None, ""
    try:
        return look(kubectl, pod), ""
    except ClusterForbidden:
        raise
    except ClusterError as error:
        reason = error.why.splitlines()[-1] if error.why else error.message
        return None, f"the pod cannot be looked into: {printable(reason)}"


def parse(printed: str) -> State:
    """The program's line as a State.

    Raises:
        ClusterAnswerCut: it is not whole.
    """
    line, _, digest = printed.rstrip("\n").rpartition("\t")
    if hashlib.sha256(line.encode("utf-8", "replace")).hexdigest() != digest:
        raise ClusterAnswerCut("kubectl exec", f"{len(printed)} characters came")
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ClusterAnswerCut("kubectl exec", str(error)) from None
    busy = [since for since in items(found, "hooks") if isinstance(since, (int, float))]
    steps = [_step(run) for run in objects(found, "runs")]
    return State(
        now=_time(found, "now") or 0.0,
        hook_sha256=text(found, "hook"),
        stray=tuple(str(path) for path in items(found, "stray")),
        env=texts(found, "env"),
        marker=_time(found, "marker"),
        busy_since=min(busy, default=None),
        playbooks=tuple(
            Playbook(str(entry[0]), float(entry[1]))
            for entry in items(found, "playbooks")
            if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[1], (int, float))
        ),
        steps=tuple(sorted(steps, key=lambda step: step.start or 0.0)),
    )


def _step(run: dict[str, object]) -> Step:
    rc = run.get("rc")
    failure = at(run, "failure")
    return Step(
        component=text(run, "component"),
        ident=text(run, "ident"),
        rc=rc if isinstance(rc, int) else None,
        start=_time(run, "start"),
        end=_time(run, "end"),
        task=text(run, "last", 1),
        failure=Failure(text(failure, 0), text(failure, 1)) if failure else None,
    )


def _time(document: object, key: str) -> float | None:
    found = at(document, key)
    return float(found) if isinstance(found, (int, float)) else None
