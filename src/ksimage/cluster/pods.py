"""One pod of the installer, as the API server tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.cluster.kubectl import CONTAINER
from ksimage.cluster.objects import at, moment, named, number, objects, text, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

ANNOTATION: Final = "io.ksimage.rollout"
"""On a pod's template: the ID of the rollout that it is of. On a Deployment: the record of it."""


class Pod(NamedTuple):
    """A pod with one container that matters.

    Attributes:
        container: its name, ``installer`` in every release.
        image: what the Deployment asked for (spec), as opposed to ``image_id``.
        image_id: what the node reports (``REPO@sha256:…``); empty before the container exists.
        boot: names one start of the container (its ID); results die with it.
        started: seconds since 1970, None while it does not run.
        waiting, waiting_message: why the container does not run, in the kubelet's words.
        ended: exit code of the container that runs no more, or None.
        crashed: why the container's last start ended (reason and exit code); empty when it did not.
        unscheduled: why no node takes it, in the scheduler's words.
        rollout: the ID of the rollout that its template is of; empty for other templates.
        deleting: it has been told to go.
    """

    name: str
    uid: str
    node: str
    phase: str
    container: str
    image: str
    image_id: str
    boot: str
    created: float | None
    started: float | None
    restarts: int
    waiting: str
    waiting_message: str
    ended: int | None
    crashed: str
    unscheduled: str
    rollout: str
    deleting: bool

    @property
    def running(self) -> bool:
        """Whether its container runs, on the way out or not."""
        return self.started is not None and self.ended is None and not self.waiting


def read(pod: Mapping[str, object]) -> Pod:
    """A Pod object of the API as a :class:`Pod`."""
    containers = objects(pod, "spec", "containers")
    chosen = named(containers, CONTAINER) or (containers[0] if containers else {})
    name = text(chosen, "name")
    status = named(objects(pod, "status", "containerStatuses"), name)
    state = at(status, "state")
    code = at(state, "terminated", "exitCode")
    return Pod(
        name=text(pod, "metadata", "name"),
        uid=text(pod, "metadata", "uid"),
        node=text(pod, "spec", "nodeName"),
        phase=text(pod, "status", "phase"),
        container=name,
        image=text(chosen, "image"),
        image_id=text(status, "imageID"),
        boot=text(status, "containerID"),
        created=moment(pod, "metadata", "creationTimestamp"),
        started=moment(state, "running", "startedAt"),
        restarts=number(status, "restartCount"),
        waiting=text(state, "waiting", "reason"),
        waiting_message=text(state, "waiting", "message"),
        ended=code if isinstance(code, int) else None,
        crashed=_crash(status),
        unscheduled=_unscheduled(pod),
        rollout=texts(pod, "metadata", "annotations").get(ANNOTATION, ""),
        deleting=bool(text(pod, "metadata", "deletionTimestamp")),
    )


def _crash(status: object) -> str:
    """Of a restarted container its last end, of an ended one that end."""
    for key in ("state", "lastState"):
        end = at(status, key, "terminated")
        if end:
            reason = text(end, "reason") or "ended"
            said = text(end, "message").strip()
            return f"{reason}, exit code {number(end, 'exitCode')}" + (f": {said}" if said else "")
    return ""


def _unscheduled(pod: Mapping[str, object]) -> str:
    for condition in objects(pod, "status", "conditions"):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return text(condition, "message") or text(condition, "reason")
    return ""
