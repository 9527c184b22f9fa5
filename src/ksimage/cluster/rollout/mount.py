"""The patched hook without any image or registry: a ConfigMap mounted over the image's hook.

Read from the folder that `ksimage render --as configmap` wrote, and believed only as far as its
own sums hold: the text is the hook that its annotations name, and that hook was made from the one
that runs.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ksimage.cluster import configmap
from ksimage.cluster.kubectl import Command
from ksimage.cluster.rollout import configuration, leftovers, patch, record
from ksimage.cluster.rollout.plan import busy_sentence, cluster_release
from ksimage.derivation import labels as label
from ksimage.errors import MountUnusable
from ksimage.inspection.verdict import Proof
from ksimage.objects import mapping, objects, text, texts

if TYPE_CHECKING:
    from ksimage.cluster.rollout.leftovers import Leftovers
    from ksimage.cluster.rollout.plan import Situation
    from ksimage.cluster.rollout.record import Record
    from ksimage.cluster.state import State

MAX_FILE = 4 << 20  # bytes; a ConfigMap has at most one MiB


class Mount(NamedTuple):
    """A patched hook in a folder.

    Attributes:
        document: the ConfigMap.
        added: what the Deployment gets.
        before, after: sha256 of the hook that it was made from, and of its own.
        release: upstream's.
        patches: names.
    """

    document: dict[str, object]
    added: Leftovers
    before: str
    after: str
    release: str
    patches: tuple[str, ...]

    @property
    def name(self) -> str:
        """The ConfigMap's."""
        return text(self.document, "metadata", "name")


def read(folder: Path) -> Mount:
    """Read what `render --as configmap` wrote.

    Raises:
        MountUnusable: something is missing, or its sums do not hold.
    """
    shown = str(folder)
    document = _yaml(folder / configmap.CONFIGMAP_FILE, shown)
    change = _yaml(folder / configmap.PATCH_FILE, shown)
    said = texts(document, "metadata", "annotations")
    (hook,) = texts(document, "data").values() if len(texts(document, "data")) == 1 else ("",)
    after = hashlib.sha256(hook.encode()).hexdigest()
    if document.get("kind") != "ConfigMap" or said.get(label.HOOK_AFTER) != after:
        raise MountUnusable(
            shown, f"the hook in {configmap.CONFIGMAP_FILE} is not the one it names"
        )
    containers = objects(change, "spec", "template", "spec", "containers")
    added = leftovers.find(change, containers[0] if containers else {})
    named = leftovers.configmap_name(added)
    if named != text(document, "metadata", "name") or not added.mounts:
        raise MountUnusable(shown, f"{configmap.PATCH_FILE} does not mount that ConfigMap")
    return Mount(
        document,
        added,
        said.get(label.HOOK_BEFORE, ""),
        after,
        said.get(label.RELEASE, ""),
        tuple(p.name for p in label.parse_patches(said.get(label.PATCHES, ""))),
    )


class MountPlan(NamedTuple):
    """What is to be done; ``against`` speaks against it."""

    record: Record
    commands: tuple[Command, ...]
    against: tuple[str, ...]
    consequences: tuple[str, ...]
    busy: bool


def plan(mount: Mount, situation: Situation, namespace: str) -> MountPlan:
    """Plan it: create the ConfigMap, then one patch of the Deployment; the image stays."""
    found = situation.installer
    policy = text(found.container, "imagePullPolicy")
    made = record.make(found, found.image, policy, situation.left, mount.added)
    whole = patch.rollout(found.deployment, text(found.container, "name"), made, situation.left)
    metadata = {**mapping(mount.document, "metadata"), "namespace": namespace}
    create = json.dumps({**mount.document, "metadata": metadata}, separators=(",", ":"))
    busy = busy_sentence(situation.seen)
    return MountPlan(
        made,
        (
            Command(("apply", "--filename=-"), "store the patched hook", create),
            patch.as_command(whole, "mount it over the image's hook; the old pod ends before"),
        ),
        tuple(_against(mount, situation, busy)),
        tuple(configuration.consequences(found.configuration, mount.release)),
        bool(busy),
    )


def removal(name: str) -> Command:
    """Remove the ConfigMap, when nothing mounts it any more."""
    return Command(("delete", "configmap", name, "--ignore-not-found"), "remove the patched hook")


def prove(mount: Mount, state: State) -> Proof:
    """That the hook in the pod is the mounted one."""
    name = "the hook in the pod is the mounted one"
    if state.hook_sha256 == mount.after:
        return Proof(name, True, f"sha256 {mount.after}")
    return Proof(name, False, f"there is sha256 {state.hook_sha256 or 'none'} at its place")


def _against(mount: Mount, situation: Situation, busy: str) -> list[str]:
    against = [busy] if busy else []
    release = cluster_release(situation.installer)
    if release and mount.release and release != mount.release:
        against.append(f"the cluster's release is {release}, the hook's {mount.release}")
    seen = situation.seen
    if seen is None:
        against.append("no pod runs: whether the hook fits the image's cannot be seen")
    elif not situation.left.mounts and seen.hook_sha256 not in (mount.before, mount.after):
        against.append(
            f"the hook was made from sha256 {mount.before}, the image has {seen.hook_sha256}"
        )
    return against


def _yaml(path: Path, folder: str) -> dict[str, object]:
    import yaml

    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
        found = yaml.safe_load(data) if len(data) <= MAX_FILE else None
    except (OSError, yaml.YAMLError, RecursionError, ValueError) as error:
        raise MountUnusable(folder, f"{path.name}: {error}") from None
    if not isinstance(found, dict):
        raise MountUnusable(folder, f"{path.name} is no document of one object")
    return found
