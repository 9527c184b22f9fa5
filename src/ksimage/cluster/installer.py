"""The installer: its Deployment, its pods, and the ClusterConfiguration that it works on.

KubeKey's and upstream's Deployments differ in labels (``app=ks-install`` up to v3.2 and kk v2.1.0,
``ks-installer`` later) and are alike in their name and the container's.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.cluster.kubectl import CONTAINER
from ksimage.errors import ClusterMissing, InstallerMissing
from ksimage.objects import at, moment, named, number, objects, text, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.cluster.kubectl import Kubectl

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


def read_pod(pod: Mapping[str, object]) -> Pod:
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


DEPLOYMENT: Final = "ks-installer"
SELECTOR: Final = "app in (ks-install,ks-installer)"
CONFIGURATION: Final = "clusterconfigurations.installer.kubesphere.io"


@dataclass(frozen=True)
class Installer:
    """What the cluster has of an installer.

    Attributes:
        deployment: the Deployment; empty when there is none.
        pods: newest first, those on their way out last.
        configuration: the ClusterConfiguration ks-installer; empty when there is none.
    """

    deployment: Mapping[str, object]
    pods: tuple[Pod, ...]
    configuration: Mapping[str, object]

    @property
    def container(self) -> Mapping[str, object]:
        """The container's template in the Deployment; empty when there is none."""
        containers = objects(self.deployment, "spec", "template", "spec", "containers")
        return named(containers, CONTAINER) or (containers[0] if containers else {})

    @property
    def image(self) -> str:
        """The image that the Deployment asks for."""
        return text(self.container, "image")

    @property
    def pod(self) -> Pod | None:
        """The pod that matters: the newest that is not on its way out."""
        return next((pod for pod in self.pods if not pod.deleting), None)

    @property
    def release(self) -> str:
        """The release that the ClusterConfiguration names; empty when it names none."""
        labels = texts(self.configuration, "metadata", "labels")
        return labels.get("version", "")

    @property
    def by_kubekey(self) -> bool:
        """Whether KubeKey made the Deployment: only its template labels it with the version."""
        return "version" in texts(self.deployment, "metadata", "labels") or (
            "version" in texts(self.deployment, "spec", "template", "metadata", "labels")
        )


def find(kubectl: Kubectl) -> Installer:
    """Look for everything, side by side (three short kubectl runs).

    Raises:
        InstallerMissing: there is no Deployment ks-installer in the namespace.
        ClusterError
    """
    found = look(kubectl)
    if not found.deployment:
        raise InstallerMissing(kubectl.namespace)
    return found


def look(kubectl: Kubectl) -> Installer:
    """The same; what is not there is empty. Raises ClusterError."""
    with ThreadPoolExecutor(3) as threads:
        deployment = threads.submit(_optional, kubectl, "deployment.apps", DEPLOYMENT)
        configuration = threads.submit(_optional, kubectl, CONFIGURATION, DEPLOYMENT)
        found = threads.submit(find_pods, kubectl)
        return Installer(deployment.result(), found.result(), configuration.result())


def find_pods(kubectl: Kubectl) -> tuple[Pod, ...]:
    """The installer's pods, newest first, those on their way out last.

    Raises:
        ClusterError
    """
    items = kubectl.get_items("pods", f"--selector={SELECTOR}")
    found = sorted((read_pod(item) for item in items), key=lambda pod: pod.name)
    return tuple(sorted(found, key=lambda pod: (pod.deleting, -(pod.created or 0.0))))


def _optional(kubectl: Kubectl, kind: str, name: str) -> dict[str, object]:
    try:
        return kubectl.get_json("get", kind, name)
    except ClusterMissing:
        return {}
