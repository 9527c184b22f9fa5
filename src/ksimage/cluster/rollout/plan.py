"""A rollout as it is planned: how the cluster is, what speaks against it, which commands change it.

Here is what is planned, of which nothing is done; :mod:`execution` runs a plan's commands. Only
``--force`` goes on in spite of what speaks against it.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from ksimage.cluster import installer as installers
from ksimage.cluster import state
from ksimage.cluster.image import nodes
from ksimage.cluster.image.registry import digest_of
from ksimage.cluster.rollout import configuration, leftovers, patch, record
from ksimage.objects import at, number, text

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


class Objections(NamedTuple):
    """Sentences, and what is only to be known. ``busy``: an installation runs."""

    against: tuple[str, ...]
    notes: tuple[str, ...]
    busy: bool


def weigh(candidate: Candidate, situation: Situation, image: str) -> Objections:
    """Everything that speaks against rolling ``candidate`` out as ``image``."""
    found = situation.installer
    against = [f"the image is not proven: {doubt}" for doubt in candidate.doubts]
    notes = []
    if situation.nodes is None:
        notes.append("whether the nodes' architectures fit is not known: nodes may not be listed")
    else:
        against += [
            f"nodes are {platform}, the image is for {', '.join(candidate.platforms)}"
            for platform in nodes.unfit(situation.nodes, candidate)
        ]
    release = cluster_release(found)
    if not release:
        notes.append("the cluster's release is not known: no ClusterConfiguration names it")
    elif release != candidate.release:
        against.append(f"the cluster's release is {release}, the image's {candidate.release}")
    if situation.left.foreign:
        against.append(
            f"the Deployment mounts {', '.join(situation.left.foreign)} over the hook: the image's"
            " own would not run"
        )
    if at(found.deployment, "spec", "paused"):
        against.append("the Deployment is paused: kubectl rollout resume deployment ks-installer")
    if situation.unseen:
        against.append(f"whether an installation runs is not known: {situation.unseen}")
    busy = busy_sentence(situation.seen)
    if busy:
        against.append(busy)
    other = under_way(found, image)
    if other:
        against.append(other)
    if situation.left:
        notes.append(f"left of an earlier change and taken out: {situation.left}")
    return Objections(tuple(against), tuple(notes), bool(busy))


def cluster_release(installer: Installer) -> str:
    """Upstream's release of the cluster: v3.3.2 for the label v3.3.2-debug too.

    The ClusterConfiguration's label, else the version of the finished installation, else what the
    running image's tag says.
    """
    status = text(installer.configuration, "status", "core", "version")
    tag = installer.image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    guess = tag if re.match(r"v\d+\.\d+\.\d+(-|$)", tag) else ""
    return (installer.release or status or guess).partition("-")[0]


def busy_sentence(seen: State | None) -> str:
    """That an installation runs, of what, and since when; empty when none does."""
    if seen is None or not seen.busy:
        return ""
    names = ", ".join(sorted(playbook.name for playbook in seen.playbooks)) or "the hook"
    since = seen.busy_since or min(playbook.since for playbook in seen.playbooks)
    minutes, seconds = divmod(int(max(0.0, seen.now - since)), 60)
    clock = time.strftime("%H:%M:%S", time.gmtime(since))
    return f"an installation runs since {clock} UTC ({minutes} min {seconds} s), now: {names}"


def under_way(installer: Installer, image: str) -> str:
    """That somebody else's rollout has not come to its end; empty when none is under way."""
    present = record.read(installer)
    if present is None or installer.image != present.after.image or installer.image == image:
        return ""
    spec, status = at(installer.deployment, "spec"), at(installer.deployment, "status")
    generation = number(installer.deployment, "metadata", "generation")
    ready = (
        number(status, "observedGeneration") >= generation
        and number(status, "updatedReplicas") >= number(spec, "replicas")
        and number(status, "availableReplicas") >= number(spec, "replicas")
    )
    if ready:
        return ""
    return (
        f"a rollout of {installer.image} by {present.by or 'somebody'} ({present.at}) is under way"
    )
