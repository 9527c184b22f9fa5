"""Nodes: which architectures they have, and which copies of an image lie on them.

Reading nodes takes a ClusterRole; without it the answers are "not known", and the rest goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ksimage.cluster.objects import at, items, objects, text
from ksimage.errors import ClusterForbidden

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ksimage.cluster.image.candidate import Candidate
    from ksimage.cluster.kubectl import Kubectl


class Node(NamedTuple):
    """A node.

    Attributes:
        platform: ``linux/amd64``.
        takes_pods: it is neither cordoned nor tainted against everything.
        images: for each image that it holds all its names, tags and digests.
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
