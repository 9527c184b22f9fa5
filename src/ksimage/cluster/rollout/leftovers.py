"""What stays in the Deployment though somebody applied another one: env, mounts and volumes.

``kubectl apply`` on the client keeps what its last-applied annotation does not name. Seen on a real
cluster: after `render --as configmap` and KubeKey's apply of another release, the old hook ran in
the new release's image. So whatever of ours hides or steers a hook is found, and removed by a
strategic patch with ``$patch: delete``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.cluster import configmap
from ksimage.derivation import labels as label
from ksimage.derivation import recipe
from ksimage.objects import at, named, objects, text, texts
from ksimage.upstream.releases import HOOK_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping

ENV: Final = (recipe.VERBOSITY_VARIABLE, "PYTHONUNBUFFERED")
_OUR_CONFIGMAP: Final = "ksimage-hook-"


class Leftovers(NamedTuple):
    """What is in the Deployment's template beside its image.

    Attributes:
        env, mounts: of the container, as the API has them.
        volumes: of the pod.
        annotations: of the pod's template.
        foreign: mounts over the hook that are not ours: in words.
    """

    env: tuple[Mapping[str, object], ...] = ()
    mounts: tuple[Mapping[str, object], ...] = ()
    volumes: tuple[Mapping[str, object], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    foreign: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.env or self.mounts or self.volumes or self.annotations)

    def __str__(self) -> str:
        parts = [f"env {text(entry, 'name')}" for entry in self.env]
        parts += [f"mount {text(entry, 'mountPath')}" for entry in self.mounts]
        parts += [f"volume {text(entry, 'name')}" for entry in self.volumes]
        parts += [f"annotation {name}" for name, _ in self.annotations]
        return ", ".join(parts)


def find(deployment: Mapping[str, object], container: Mapping[str, object]) -> Leftovers:
    """What of ours is in the Deployment's template, and what else hides the hook."""
    pod = at(deployment, "spec", "template", "spec")
    volumes = objects(pod, "volumes")
    mounts, foreign = [], []
    for mount in objects(container, "volumeMounts"):
        path = text(mount, "mountPath").rstrip("/")
        volume = named(volumes, text(mount, "name"))
        ours = text(volume, "configMap", "name").startswith(_OUR_CONFIGMAP)
        if path == f"/{HOOK_PATH}" and ours:
            mounts.append(mount)
        elif f"/{HOOK_PATH}/".startswith(f"{path}/"):
            foreign.append(f"{path} from the volume {text(mount, 'name')}")
    names = {text(mount, "name") for mount in mounts} | {configmap.VOLUME}
    annotations = texts(deployment, "spec", "template", "metadata", "annotations")
    return Leftovers(
        env=tuple(entry for entry in objects(container, "env") if entry.get("name") in ENV),
        mounts=tuple(mounts),
        volumes=tuple(volume for volume in volumes if text(volume, "name") in names),
        annotations=tuple(
            (name, value) for name, value in annotations.items() if name == label.HOOK_AFTER
        ),
        foreign=tuple(foreign),
    )


def from_document(document: object) -> Leftovers:
    """From what :func:`document` made (an annotation: anybody may have written it)."""
    return Leftovers(
        tuple(objects(document, "env")),
        tuple(objects(document, "volumeMounts")),
        tuple(objects(document, "volumes")),
        tuple(texts(document, "annotations").items()),
    )


def document(found: Leftovers) -> dict[str, object]:
    """For the record of what was changed."""
    return {
        "env": list(found.env),
        "volumeMounts": list(found.mounts),
        "volumes": list(found.volumes),
        "annotations": dict(found.annotations),
    }


def configmap_name(found: Leftovers) -> str:
    """The ConfigMap whose hook is mounted over the image's; empty when none is."""
    if not found.mounts:
        return ""
    return next((text(v, "configMap", "name") for v in found.volumes if v.get("configMap")), "")


def claims(document: Mapping[str, object]) -> dict[str, str]:
    """What a ConfigMap of ours says about its hook, by the names that labels of an image have."""
    return texts(document, "metadata", "annotations")
