"""A rollout as it is planned: how the cluster is, and which commands change it.

Here is what is planned, of which nothing is done; :mod:`execution` runs a plan's commands.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from ksimage.cluster import installer as installers
from ksimage.cluster import state
from ksimage.cluster.image import nodes
from ksimage.cluster.image.registry import digest_of
from ksimage.cluster.rollout import configuration, leftovers, patch, record

if TYPE_CHECKING:
    from ksimage.cluster.image.nodes import Node
    from ksimage.cluster.image.registry import Candidate
    from ksimage.cluster.installer import Installer, Pod
    from ksimage.cluster.kubectl import Command, Kubectl
    from ksimage.cluster.rollout.leftovers import Leftovers
    from ksimage.cluster.rollout.record import Record
    from ksimage.cluster.state import State


class Goal(NamedTuple):
    """What is waited for: pods with this rollout's ID, of this image, while this record stands."""

    rollout: str
    image: str
    record: str


@dataclass(frozen=True)
class Situation:
    """What the cluster is like before anything is done.

    Attributes:
        nodes: None where they may not be listed.
        seen: what the running pod does; None when none runs, or when it cannot be looked into:
            then ``unseen`` says why.
        left: what of earlier changes is in the Deployment.
    """

    installer: Installer
    nodes: tuple[Node, ...] | None
    seen: State | None
    left: Leftovers
    unseen: str = ""

    @property
    def pod(self) -> Pod | None:
        """The pod that matters."""
        return self.installer.pod


@dataclass(frozen=True)
class RolloutPlan:
    """What is to be done.

    Attributes:
        commands: in this order; none when the Deployment asks for the image already.
        extra: further commands, run once the new pod is on its way.
        way: ``patch``, or ``scale`` (in two patches, with nothing running in between).
        consequences: what the restart means.
    """

    candidate: Candidate
    situation: Situation
    image: str
    record: Record
    way: str
    commands: tuple[Command, ...]
    extra: tuple[Command, ...] = ()
    consequences: tuple[str, ...] = ()

    @property
    def goal(self) -> Goal:
        """What the commands lead to."""
        return Goal(self.record.id, self.image, self.record.id)


def survey(kubectl: Kubectl) -> Situation:
    """Look at everything that a rollout depends on.

    Raises:
        InstallerMissing: there is no Deployment.
        ClusterError: above all ClusterForbidden, naming the verb.
    """
    found = installers.find(kubectl)
    seen, unseen = state.look_if_possible(kubectl, found.pod)
    left = leftovers.find(found.deployment, found.container)
    return Situation(found, nodes.find(kubectl), seen, left, unseen)


def plan(
    candidate: Candidate,
    situation: Situation,
    *,
    image: str = "",
    policy: str = "IfNotPresent",
    way: str = "patch",
) -> RolloutPlan:
    """Plan it. Nothing is read or written.

    Args:
        image: what the Deployment is to ask for; by default name and digest.
        policy: the pull policy. With a digest nothing else can be meant, and IfNotPresent starts
            without the registry where the image was pulled before.
        way: ``patch`` or ``scale``.
    """
    found = situation.installer
    wanted = image or candidate.pinned
    made = record.make(found, wanted, policy, situation.left)
    present = record.read(found)
    asked = found.image == wanted and not situation.left and made.before.replicas > 0
    if asked and present is not None:
        made = present
    asked = asked and made is present and not (image and _stale(candidate, found.pod))
    release = candidate.release if candidate.release != "unknown" else found.release
    return RolloutPlan(
        candidate,
        situation,
        wanted,
        made,
        way,
        () if asked else commands(situation, made, way),
        consequences=()
        if asked
        else tuple(configuration.consequences(found.configuration, release)),
    )


def _stale(candidate: Candidate, pod: Pod | None) -> bool:
    """Whether the pod runs another image than the tag means now."""
    digest = digest_of(pod.image_id) if pod is not None else ""
    return bool(digest) and digest not in candidate.ids


def other_way(planned: RolloutPlan) -> RolloutPlan:
    """The same in two patches, for an API server that refuses the one."""
    again = commands(planned.situation, planned.record, "scale")
    return replace(planned, way="scale", commands=again)


def with_verbosity(planned: RolloutPlan, level: int | None) -> RolloutPlan:
    """The same, with spec.debug.verbosity set while the new pod comes up: one run, not two.

    Raises:
        ClusterMissing: there is no ClusterConfiguration.
    """
    command = configuration.verbosity(planned.situation.installer, level)
    return replace(planned, extra=(*planned.extra, command))


def commands(situation: Situation, made: Record, way: str) -> tuple[Command, ...]:
    """What changes the Deployment, with the resourceVersion of the situation as the lock."""
    found = situation.installer
    name = str(found.container.get("name") or "")
    whole = patch.rollout(found.deployment, name, made, situation.left)
    if way == "scale":
        return (
            patch.as_command(patch.stopped(found.deployment, made), "stop the installer"),
            patch.as_command(patch.without_strategy(whole), "set the image, start it"),
        )
    return (
        patch.as_command(
            whole, "replace the installer: the old pod ends before the new one begins"
        ),
    )
