"""Nodes: which architectures they have, which copies of an image, and having each pull one.

Reading nodes takes a ClusterRole; without it the answers are "not known", and the rest goes on.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.cluster import waiting
from ksimage.cluster.installer import read_pod
from ksimage.cluster.kubectl import Command
from ksimage.errors import ClusterForbidden, PrePullFailed
from ksimage.objects import at, items, number, objects, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ksimage.cluster.image.registry import Candidate
    from ksimage.cluster.installer import Installer
    from ksimage.cluster.kubectl import Kubectl

LABEL: Final = "ksimage-pre-pull"
POLL: Final = 1.0
SETTLED: Final = 3
"""Looks in a row that show the same failures before they count as such."""


class Node(NamedTuple):
    """A node.

    Attributes:
        platform: ``linux/amd64``.
        takes_pods: it is neither cordoned nor tainted against everything.
        images: for each image that its kubelet lists its names, tags and digests. A kubelet lists
            the 50 largest (nodeStatusMaxImages), and five names of each (kubelet's
            pkg/kubelet/nodestatus/setters.go).
    """

    name: str
    platform: str
    takes_pods: bool
    images: tuple[tuple[str, ...], ...]


class Copy(NamedTuple):
    """What a node holds under a tag, and it is another image."""

    node: str
    digests: tuple[str, ...]


def find(kubectl: Kubectl) -> tuple[Node, ...] | None:
    """All nodes; None where the account may not list them.

    Raises:
        ClusterError
    """
    try:
        found = kubectl.get_items("nodes")
    except ClusterForbidden:
        return None
    return tuple(_node(item) for item in found)


def unfit(nodes: Iterable[Node], candidate: Candidate) -> list[str]:
    """Platforms of nodes that take pods, for which the image has nothing."""
    wanted = {node.platform for node in nodes if node.takes_pods}
    return sorted(wanted - set(candidate.platforms))


def stale(nodes: Iterable[Node], name: str, candidate: Candidate) -> list[Copy]:
    """Nodes that hold another image under ``name`` (a tag): they would run it with IfNotPresent.

    A node tells of its fifty largest images only (nodeStatusMaxImages), some minutes late.
    """
    found = []
    for node in nodes:
        for names in node.images:
            if name not in names:
                continue
            digests = tuple(sorted(text.rpartition("@")[2] for text in names if "@" in text))
            if digests and not candidate.ids & set(digests):
                found.append(Copy(node.name, digests))
    return found


def _node(item: object) -> Node:
    information = at(item, "status", "nodeInfo")
    system = text(information, "operatingSystem") or "linux"
    images = tuple(
        tuple(name for name in items(image, "names") if isinstance(name, str))
        for image in objects(item, "status", "images")
    )
    return Node(
        text(item, "metadata", "name"),
        f"{system}/{text(information, 'architecture')}",
        not at(item, "spec", "unschedulable"),
        images,
    )


class Pull(NamedTuple):
    """One node's state: ``done``, or why not yet; ``hopeless``: it will not."""

    node: str
    done: bool
    why: str
    hopeless: bool


def name_of(candidate: Candidate) -> str:
    """The DaemonSet's name."""
    return f"{LABEL}-{candidate.digest.removeprefix('sha256:')[:12]}"


def pull_commands(candidate: Candidate, installer: Installer) -> tuple[Command, Command]:
    """Create it, and remove it."""
    create = Command(
        ("create", "--filename=-"),
        "have every node pull the image",
        json.dumps(daemonset(candidate, installer), separators=(",", ":")),
    )
    return create, _remove(candidate)


def daemonset(candidate: Candidate, installer: Installer) -> dict[str, object]:
    """The DaemonSet. Pull secrets and account are the installer's, so that it may do as much."""
    labels = {"app": LABEL, "digest": candidate.digest.removeprefix("sha256:")[:12]}
    template = at(installer.deployment, "spec", "template", "spec")
    pod: dict[str, object] = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
        "tolerations": [{"operator": "Exists"}],
        "containers": [
            {
                "name": "pull",
                "image": candidate.pinned,
                "imagePullPolicy": "IfNotPresent",
                "command": ["/bin/sh", "-c", "sleep 86400"],
            }
        ],
    }
    for key in ("imagePullSecrets", "serviceAccountName"):
        if at(template, key):
            pod[key] = at(template, key)
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name_of(candidate), "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def pull(
    kubectl: Kubectl,
    candidate: Candidate,
    installer: Installer,
    tell: Callable[[str], None],
    *,
    seconds: float,
) -> list[str]:
    """Have every node pull the image beforehand, so that the restart is short and sure.

    A DaemonSet by digest that sleeps, on every node, tainted or not; watched until each node has
    the image or said why not; and removed again, whatever happens.

    Returns:
        The names of the nodes that have the image.

    Raises:
        PrePullFailed: a node could not, or not in time; each is named, and the DaemonSet is gone.
        ClusterError
    """
    create, remove = pull_commands(candidate, installer)
    remove.run(kubectl)  # one that an interrupted run has left
    try:
        create.run(kubectl)
        return _wait(kubectl, candidate, tell, seconds)
    finally:
        remove.run(kubectl)


def _remove(candidate: Candidate) -> Command:
    words = ("delete", "daemonset.apps", name_of(candidate), "--ignore-not-found", "--wait=false")
    return Command(words, "remove what pulled it")


def _wait(
    kubectl: Kubectl, candidate: Candidate, tell: Callable[[str], None], seconds: float
) -> list[str]:
    deadline = time.monotonic() + seconds
    said: set[str] = set()
    failing = 0
    while True:
        wanted, pulls = _look(kubectl, candidate)
        for one in pulls:
            line = f"{one.node}: {'has the image' if one.done else one.why}"
            if line not in said:
                said.add(line)
                tell(line)
        done = [one.node for one in pulls if one.done]
        if wanted and len(done) >= wanted:
            return sorted(done)
        waits = [one for one in pulls if not one.done]
        failing = failing + 1 if waits and all(one.hopeless for one in waits) else 0
        late = time.monotonic() > deadline
        if failing >= SETTLED or late:
            raise PrePullFailed(
                [f"{one.node}: {one.why}" for one in waits] or ["no node has taken the pod"],
                len(done),
                wanted,
            )
        time.sleep(POLL)


def _look(kubectl: Kubectl, candidate: Candidate) -> tuple[int, list[Pull]]:
    found = kubectl.get_json("get", "daemonset.apps", name_of(candidate))
    items = kubectl.get_items(
        "pods", f"--selector=app={LABEL},digest={candidate.digest.removeprefix('sha256:')[:12]}"
    )
    pulls = []
    for item in items:
        pod = read_pod(item)
        reason = waiting.of_pod(pod)
        # A container that cannot start has been pulled all the same.
        pulled = reason is None or bool(pod.image_id)
        node = pod.node or text(item, "metadata", "name")
        hopeless = reason is not None and (reason.hopeless or "BackOff" in reason.sentence)
        pulls.append(Pull(node, pulled, reason.sentence if reason else "", hopeless))
    return number(found, "status", "desiredNumberScheduled"), pulls
