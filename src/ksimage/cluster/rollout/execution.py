"""Run a plan's commands, and wait with what really happens until the new pod runs alone."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ksimage.cluster import installer as installers
from ksimage.cluster import waiting
from ksimage.cluster.rollout import plan as rollout
from ksimage.cluster.rollout import record
from ksimage.errors import (
    ClusterAnswerCut,
    ClusterConflict,
    ClusterRefused,
    ClusterSlow,
    ClusterUnreachable,
    RolloutOvertaken,
    RolloutStuck,
    RolloutTimedOut,
)
from ksimage.objects import mapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from ksimage.cluster.installer import Installer, Pod
    from ksimage.cluster.kubectl import Command, Kubectl
    from ksimage.cluster.rollout.plan import Goal, RolloutPlan
    from ksimage.cluster.state import State

    Tell = Callable[[str], None]

POLL: Final = 1.0
PATIENCE: Final = 60.0
"""Seconds for which an API server may be away in mid-rollout."""

_PASSING: Final = (ClusterUnreachable, ClusterSlow, ClusterAnswerCut)


def carry_out(kubectl: Kubectl, planned: RolloutPlan, tell: Tell, *, seconds: float) -> Pod:
    """Run the commands and wait until the new pod runs alone.

    Args:
        tell: hears what happens.
        seconds: until when, all in all.

    Raises:
        ClusterConflict: somebody else changed the Deployment since it was looked at.
        RolloutStuck, RolloutTimedOut, RolloutOvertaken, ClusterError.
    """
    deadline = time.monotonic() + seconds
    for number, command in enumerate(planned.commands):
        if number:
            _wait_until_gone(kubectl, planned, tell, deadline, seconds)
        tell(command.why)
        _change(kubectl, planned, command)
    for command in planned.extra:
        tell(command.why)
        command.run(kubectl)
    return wait(kubectl, planned.goal, tell, seconds=deadline - time.monotonic())


def _change(kubectl: Kubectl, planned: RolloutPlan, command: Command) -> None:
    number = planned.commands.index(command)

    def again(now: Installer) -> Command | None:
        present = record.read(now)
        if present is not None and present.id == planned.record.id and not number:
            return None
        situation = replace(planned.situation, installer=now)
        return rollout.commands(situation, planned.record, planned.way)[number]

    insist(kubectl, planned.situation.installer, command, again)


def insist(
    kubectl: Kubectl,
    seen: Installer,
    command: Command,
    again: Callable[[Installer], Command | None],
) -> None:
    """Run a locked patch; where only the status has moved meanwhile, with the lock taken anew.

    An API server that goes away in the middle leaves open whether the patch arrived: when it is
    back, that is looked at.

    Args:
        seen: what ``command`` was made for.
        again: makes it for the Deployment as it is by then; None where it has arrived.

    Raises:
        ClusterConflict: somebody has changed more than a status.
        ClusterError
    """
    for attempt in range(4):
        try:
            command.run(kubectl)
            return
        except (ClusterConflict, *_PASSING) as error:  # noqa: PERF203
            now = _when_back(kubectl)
            following = again(now)
            if following is None:
                return
            if attempt == 3 or _differs(now, seen):
                raise error from None
            command = following


def _when_back(kubectl: Kubectl) -> Installer:
    """The installer, waiting for an API server that is away. Raises ClusterError."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return installers.find(kubectl)
        except _PASSING:  # noqa: PERF203
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL)


def _differs(now: Installer, before: Installer) -> bool:
    """Whether anything but the status has changed."""
    keys = ("generation", "labels", "uid")

    def kept(installer: Installer) -> dict[str, object]:
        metadata = mapping(installer.deployment, "metadata")
        annotations = {  # without the controller's own, which it writes after each change
            key: value
            for key, value in mapping(metadata, "annotations").items()
            if not key.startswith("deployment.kube")
        }
        return {key: metadata.get(key) for key in keys} | {"annotations": annotations}

    return kept(now) != kept(before)


def _wait_until_gone(
    kubectl: Kubectl, planned: RolloutPlan, tell: Tell, deadline: float, seconds: float
) -> None:
    while True:
        pods = [pod for pod in installers.find_pods(kubectl) if pod.phase in ("Running", "Pending")]
        if not pods:
            return
        if time.monotonic() > deadline:
            raise RolloutTimedOut(planned.image, seconds, f"pod {pods[0].name} does not end")
        tell(f"pod {pods[0].name} has to end first")
        time.sleep(POLL)


def wait(kubectl: Kubectl, goal: Goal, tell: Tell, *, seconds: float) -> Pod:
    """Wait until the pod of this rollout runs, and no other; tell each new reason why not.

    Raises:
        RolloutStuck, RolloutTimedOut, RolloutOvertaken, ClusterError.
    """
    deadline = time.monotonic() + seconds
    said, away = "", 0.0
    while True:
        try:
            pod, reason = _look(kubectl, goal)
            away = 0.0
        except _PASSING as error:
            away = away or time.monotonic()
            if time.monotonic() - away > PATIENCE:
                raise
            pod, reason = None, waiting.Reason(f"the API server does not answer: {error.why}")
        if pod is not None:
            return pod
        if reason and reason.sentence != said:
            said = reason.sentence
            tell(said)
        if reason and reason.hopeless:
            raise RolloutStuck(goal.image, reason.sentence)
        if time.monotonic() > deadline:
            raise RolloutTimedOut(goal.image, seconds, said)
        time.sleep(POLL)


def _look(kubectl: Kubectl, goal: Goal) -> tuple[Pod | None, waiting.Reason | None]:
    pod, reason = waiting.of_all(installers.find_pods(kubectl), goal.rollout)
    if pod is not None or reason is not None:
        return pod, reason
    found = installers.find(kubectl)
    present = record.read(found)
    if present is not None and present.id != goal.record:
        raise RolloutOvertaken(present.by, present.after.image)
    if found.image != goal.image:
        raise RolloutOvertaken("", found.image)
    told = waiting.of_deployment(found.deployment)
    return None, told or waiting.Reason("no pod has been made yet")


def patiently(ask: Callable[[], State], tell: Tell) -> State:
    """What ``ask`` finds in the pod; a container that has only just begun may refuse at first.

    Raises:
        ClusterError
    """
    for attempt in range(5):
        try:
            return ask()
        except (ClusterRefused, *_PASSING) as error:  # noqa: PERF203
            if attempt == 4:
                raise
            tell(f"looking into the pod: {error.why.splitlines()[-1] if error.why else error}")
            time.sleep(POLL)
    raise AssertionError("unreachable")
