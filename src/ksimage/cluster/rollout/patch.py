"""The patches of the Deployment: strategic merge patches as kubectl sends them. Pure.

One patch changes everything at once: the strategy becomes Recreate (with ``$retainKeys``: a plain
``type: Recreate`` is refused while rollingUpdate is there), so that two installers never run side
by side, and the image, the pull policy, the record and what has to go change with it. It carries
the resourceVersion that was looked at: whoever changed the Deployment meanwhile wins.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ksimage.cluster.installer import ANNOTATION, DEPLOYMENT
from ksimage.cluster.kubectl import Command
from ksimage.cluster.rollout.leftovers import Leftovers
from ksimage.objects import mapping, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.cluster.rollout.record import Record, Wish

RECREATE: dict[str, object] = {"$retainKeys": ["type"], "type": "Recreate"}


def rollout(
    deployment: Mapping[str, object], container: str, record: Record, removed: Leftovers
) -> dict[str, object]:
    """Image, policy, strategy, one replica, the record; without what of ours was left."""
    return {
        "metadata": _metadata(deployment, {ANNOTATION: record.annotation()}),
        "spec": {
            "replicas": 1,
            "strategy": RECREATE,
            "template": {
                "metadata": {
                    "annotations": {
                        ANNOTATION: record.id,
                        **{name: None for name, _ in removed.annotations},
                        **dict(record.added.annotations),
                    }
                },
                "spec": _pod(container, record.after, removed=removed, added=record.added),
            },
        },
    }


def stopped(deployment: Mapping[str, object], record: Record) -> dict[str, object]:
    """No replica, and the record: the first of two steps."""
    metadata = _metadata(deployment, {ANNOTATION: record.annotation()})
    return {"metadata": metadata, "spec": {"replicas": 0}}


def without_strategy(patch: dict[str, object]) -> dict[str, object]:
    """The same, for a Deployment that has been stopped: leave its strategy alone."""
    spec = {key: value for key, value in mapping(patch, "spec").items() if key != "strategy"}
    metadata = {
        key: value for key, value in mapping(patch, "metadata").items() if key != "resourceVersion"
    }
    return {"metadata": metadata, "spec": spec}


def put_back(
    deployment: Mapping[str, object], container: str, record: Record, earlier: str | None
) -> dict[str, object]:
    """The image, policy and removed parts of before; still as Recreate, so that none overlap."""
    removed, added = record.removed, record.added
    gone = {name: None for name, _ in added.annotations}
    annotations = {ANNOTATION: earlier, **gone, **dict(removed.annotations)}
    return {
        "metadata": _metadata(deployment, {}),
        "spec": {
            "replicas": max(1, record.before.replicas),
            "strategy": RECREATE,
            "template": {
                "metadata": {"annotations": annotations},
                "spec": _pod(container, record.before, removed=added, added=removed),
            },
        },
    }


def finished(
    deployment: Mapping[str, object], record: Record, earlier: str | None
) -> dict[str, object]:
    """The strategy of before, and the record gone: nothing that restarts a pod."""
    strategy = dict(record.before.strategy) or {"type": "RollingUpdate"}
    return {
        "metadata": _metadata(deployment, {ANNOTATION: earlier}),
        "spec": {
            "replicas": max(1, record.before.replicas),
            "strategy": {"$retainKeys": sorted(strategy), **strategy},
        },
    }


def as_command(document: Mapping[str, object], why: str) -> Command:
    """The kubectl command that sends a patch of the Deployment."""
    patch = json.dumps(document, separators=(",", ":"))
    words = ("patch", "deployment.apps", DEPLOYMENT, "--type=strategic", f"--patch={patch}")
    return Command(words, why)


def _metadata(
    deployment: Mapping[str, object], annotations: dict[str, str | None]
) -> dict[str, object]:
    version = text(deployment, "metadata", "resourceVersion")
    found: dict[str, object] = {"resourceVersion": version} if version else {}
    if annotations:
        found["annotations"] = annotations
    return found


def _pod(
    container: str,
    wish: Wish,
    *,
    removed: Leftovers | None = None,
    added: Leftovers | None = None,
) -> dict[str, object]:
    gone, back = removed or Leftovers(), added or Leftovers()
    gone = _without(gone, back)
    part: dict[str, object] = {"name": container, "image": wish.image}
    if wish.policy:
        part["imagePullPolicy"] = wish.policy
    env = [{"$patch": "delete", "name": text(entry, "name")} for entry in gone.env]
    mounts = [{"$patch": "delete", "mountPath": text(m, "mountPath")} for m in gone.mounts]
    volumes = [{"$patch": "delete", "name": text(volume, "name")} for volume in gone.volumes]
    lists = {"env": [*env, *back.env], "volumeMounts": [*mounts, *back.mounts]}
    part.update({key: entries for key, entries in lists.items() if entries})
    pod: dict[str, object] = {"containers": [part]}
    if volumes or back.volumes:
        pod["volumes"] = [*volumes, *back.volumes]
    return pod


def _without(gone: Leftovers, back: Leftovers) -> Leftovers:
    """What is to go, without what comes back under the same name: that is merged."""

    def names(entries: tuple[Mapping[str, object], ...], key: str) -> set[str]:
        return {text(entry, key) for entry in entries}

    env, mounts, volumes = (
        names(back.env, "name"), names(back.mounts, "mountPath"), names(back.volumes, "name"),
    )  # fmt: skip
    return Leftovers(
        tuple(entry for entry in gone.env if text(entry, "name") not in env),
        tuple(entry for entry in gone.mounts if text(entry, "mountPath") not in mounts),
        tuple(entry for entry in gone.volumes if text(entry, "name") not in volumes),
        gone.annotations,
    )
