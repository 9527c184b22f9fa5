"""What speaks against a rollout: each a sentence. Only ``--force`` goes on in spite of them."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple

from ksimage.cluster.image import nodes
from ksimage.cluster.rollout import record
from ksimage.objects import at, number, text

if TYPE_CHECKING:
    from ksimage.cluster.image.registry import Candidate
    from ksimage.cluster.installer import Installer
    from ksimage.cluster.rollout.plan import Situation
    from ksimage.cluster.state import State


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
