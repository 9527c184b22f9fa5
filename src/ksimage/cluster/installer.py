"""Find the installer: its Deployment, its pods, and the ClusterConfiguration that it works on.

KubeKey's and upstream's Deployments differ in labels (``app=ks-install`` up to v3.2 and kk v2.1.0,
``ks-installer`` later) and are alike in their name and the container's.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ksimage.cluster import pods
from ksimage.cluster.kubectl import CONTAINER
from ksimage.cluster.objects import named, objects, text, texts
from ksimage.errors import ClusterMissing, InstallerMissing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.cluster.kubectl import Kubectl
    from ksimage.cluster.pods import Pod

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
    found = sorted((pods.read(item) for item in items), key=lambda pod: pod.name)
    return tuple(sorted(found, key=lambda pod: (pod.deleting, -(pod.created or 0.0))))


def _optional(kubectl: Kubectl, kind: str, name: str) -> dict[str, object]:
    try:
        return kubectl.get_json("get", kind, name)
    except ClusterMissing:
        return {}
