"""The patched hook without any image: a ConfigMap, and patches that mount and remove it.

The mount is of the one file (subPath). Mounting a folder would put the ConfigMap's ``..data``
symbolic links below /hooks, and shell-operator runs whatever is executable there
(flant/shell-operator v1.0.0-beta.5, pkg/utils/file/file.go): a second installation.
"""

from __future__ import annotations

import hashlib
import posixpath
import shlex
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.cluster import guard
from ksimage.cluster.installer import DEPLOYMENT
from ksimage.cluster.kubectl import CONTAINER, NAMESPACE
from ksimage.derivation import labels as label
from ksimage.errors import UsageError
from ksimage.hook.proof import prove_hook
from ksimage.objects import texts
from ksimage.upstream.releases import HOOK_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.build.plan import Plan, PlatformPlan

VOLUME: Final = "ksimage-hook"
MODE: Final = 0o755  # a ConfigMap's files belong to root; the hook runs as uid 1002
MAX_CONFIGMAP: Final = 1 << 20  # bytes, the API server's limit for a ConfigMap's data

CONFIGMAP_FILE: Final = "configmap.yaml"
PATCH_FILE: Final = "deployment-patch.yaml"
REMOVAL_FILE: Final = "removal-patch.yaml"

WARNINGS: Final = (
    "applying the patch restarts ks-installer. Until status.core.version is written, at the very"
    " end of an installation, releases from v3.1.1 on then delete and re-create the"
    " ClusterConfiguration and install everything again: do it before the first start, or accept"
    " a full run",
    "it stays when KubeKey applies its own Deployment, also that of another release: after"
    " `kk upgrade` the pod then refuses to run and says why. Remove it before an upgrade",
)
UNGUARDED: Final = (
    "the base has no /{mark}: in another release's image this hook would run all the same."
    " Remove it before an upgrade"
)


class MountedHook(NamedTuple):
    """The hook as it is mounted: patched, and guarded where the base can be told from others.

    Attributes:
        env: of the container.
        annotations: of the ConfigMap.
        guarded: it refuses to run in the image of another release.
    """

    data: bytes
    env: Mapping[str, str]
    annotations: Mapping[str, str]
    guarded: bool

    @property
    def sha256(self) -> str:
        """Hex digest of the content."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def name(self) -> str:
        """The ConfigMap's name; it changes with the hook, so that an old pod keeps its own."""
        return f"ksimage-hook-{self.sha256[:12]}"


def mounted(plan: Plan, chosen: PlatformPlan) -> MountedHook:
    """The hook of one platform, proven with its guard. ``plan.source`` is still open."""
    mark = guard.mark_of(plan.source, chosen.image)
    patched = chosen.patched
    data = guard.guarded(
        patched.after, mark, release=plan.release, namespace=NAMESPACE, deployment=DEPLOYMENT
    )
    prove_hook(data, base=patched.before)
    said = {k: v for k, v in chosen.recipe.annotations.items() if k.startswith(label.KEY)}
    hook = MountedHook(data, chosen.recipe.env, said, bool(mark))
    return hook._replace(annotations={**said, label.HOOK_AFTER: hook.sha256})


def configmap(hook: MountedHook) -> dict[str, object]:
    """The ConfigMap that holds the patched hook.

    Raises:
        UsageError: the hook is no UTF-8 text, or larger than a ConfigMap may be.
    """
    data = hook.data
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError("the patched hook is no UTF-8 text", why=str(error)) from error
    if len(data) > MAX_CONFIGMAP:
        raise UsageError(f"the patched hook has {len(data)} bytes", why="a ConfigMap holds 1 MiB")
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": hook.name,
            "namespace": NAMESPACE,
            "labels": {"app.kubernetes.io/managed-by": "ksimage"},
            "annotations": dict(hook.annotations),
        },
        "immutable": True,
        "data": {posixpath.basename(HOOK_PATH): text},
    }


def deployment_patch(hook: MountedHook) -> dict[str, object]:
    """A strategic merge patch for the Deployment: containers are merged by name, lists kept."""
    file = posixpath.basename(HOOK_PATH)
    return {
        "spec": {
            "template": {
                "metadata": {
                    "annotations": {label.HOOK_AFTER: hook.sha256},
                },
                "spec": {
                    "containers": [
                        {
                            "name": CONTAINER,
                            "env": [
                                {"name": name, "value": value} for name, value in hook.env.items()
                            ],
                            "volumeMounts": [
                                {
                                    "name": VOLUME,
                                    "mountPath": f"/{HOOK_PATH}",
                                    "subPath": file,
                                    "readOnly": True,
                                }
                            ],
                        }
                    ],
                    "volumes": [
                        {
                            "name": VOLUME,
                            "configMap": {"name": hook.name, "defaultMode": MODE},
                        }
                    ],
                },
            }
        }
    }


def removal_patch(hook: MountedHook) -> dict[str, object]:
    """The strategic merge patch that takes all of it out again, whatever was applied meanwhile."""
    gone = {"$patch": "delete"}
    container = {
        "name": CONTAINER,
        "env": [{"name": name, **gone} for name in hook.env],
        "volumeMounts": [{"mountPath": f"/{HOOK_PATH}", **gone}],
    }
    template = {
        "metadata": {"annotations": {label.HOOK_AFTER: None}},
        "spec": {"containers": [container], "volumes": [{"name": VOLUME, **gone}]},
    }
    return {"spec": {"template": template}}


def removal_commands(directory: str, hook: MountedHook) -> list[str]:
    """What to type to remove it; the pod starts anew with the image's own hook."""
    patch = shlex.quote(f"{directory}/{REMOVAL_FILE}")
    scope = f"kubectl -n {NAMESPACE}"
    return [
        f'{scope} patch deployment {DEPLOYMENT} --patch "$(cat {patch})"',
        f"{scope} delete configmap {hook.name}",
    ]


def commands(directory: str) -> list[str]:
    """What to type to bring it into the cluster, without two installers at once."""
    scope = f"kubectl -n {NAMESPACE}"
    hook, patch = (shlex.quote(f"{directory}/{name}") for name in (CONFIGMAP_FILE, PATCH_FILE))
    return [
        f"{scope} scale deployment {DEPLOYMENT} --replicas=0",
        f"{scope} wait --for=delete pod -l 'app in (ks-install,ks-installer)' --timeout=120s",
        f"{scope} apply -f {hook}",
        f'{scope} patch deployment {DEPLOYMENT} --patch "$(cat {patch})"',
        f"{scope} scale deployment {DEPLOYMENT} --replicas=1",
    ]


def to_yaml(document: Mapping[str, object]) -> str:
    """YAML, with the hook as a block that people can read.

    PyYAML quotes texts with trailing blanks, such as upstream's hooks; a literal block (YAML 1.2,
    8.1.2) may hold them. The result is read back before it is handed out.
    """
    import yaml

    def dump(part: dict[str, object]) -> str:
        # ASCII: PyYAML reads some line ends of Unicode back as others.
        return yaml.safe_dump(part, sort_keys=False, width=1000)

    data = texts(document, "data")
    head = dump({key: value for key, value in document.items() if key != "data"})
    if not data:
        return head
    readable = f"{head}data:\n{''.join(_block(*item) for item in data.items())}"
    try:
        if yaml.safe_load(readable) == document:
            return readable
    except yaml.YAMLError:
        pass
    return head + dump({"data": data})


def _block(name: str, text: str) -> str:
    """A literal block, indented by 4; ``-`` and ``+`` say what becomes of line ends at its end."""
    ending = "-" if not text.endswith("\n") else "+" if text.endswith("\n\n") else ""
    lines = text.removesuffix("\n").split("\n")
    return f"  {name}: |2{ending}\n" + "".join(f"    {line}\n" if line else "\n" for line in lines)
