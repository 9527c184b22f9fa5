"""Gather what tells about an installation: each step on its own, as far as the cluster goes.

A step that fails or takes too long is missing from the bundle and said to be; the others go on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.bundle.archive import Bundle
from ksimage.cluster import installer
from ksimage.cluster.files import packing
from ksimage.cluster.kubectl import GRACE, Kubectl
from ksimage.errors import BundleUnusable, CannotGather, ClusterError, KsimageError
from ksimage.objects import at, objects, text
from ksimage.threads import Threads
from ksimage.upstream import releases

if TYPE_CHECKING:
    from pathlib import Path

    from ksimage.bundle.material import Material
    from ksimage.cluster.installer import Pod

    Tell = Callable[[str], None]
    Teach = Callable[[dict[str, object]], None]

FOLDERS: Final = ("results/", "hook/", "playbooks/", "config/")
"""What a pod's files may fill in a bundle."""

NAMESPACES: Final = (
    "kubesphere-system", "kubesphere-controls-system", "kubesphere-monitoring-system",
    "kubesphere-monitoring-federated", "kubesphere-logging-system", "kubesphere-devops-system",
    "kubesphere-devops-worker", "kubesphere-alerting-system", "argocd", "istio-system", "kubeedge",
    "kubekey-system",
)  # fmt: skip
"""Where the releases 3.0 to 3.4 put their components; those that exist are looked into."""

_AT_ONCE: Final = 4


class Limits(NamedTuple):
    """How much is gathered, and how long a step may take.

    Attributes:
        size: bytes of content of the pod's files at most.
        tail: lines of each log.
        seconds: of one step. The pod's files may take five times as long.
    """

    size: int = 512 << 20
    tail: int = 50_000
    seconds: float = 60.0


class Collection:
    """One run of all steps.

    Args:
        kubectl: the seam.
        material: where everything goes.
        limits: how much.
        tell: hears what is being done.
        teach: is shown the namespace's Secrets, which go nowhere else.
    """

    def __init__(
        self, kubectl: Kubectl, material: Material, limits: Limits, tell: Tell, teach: Teach
    ) -> None:
        self._kubectl = kubectl
        self._material = material
        self._limits = limits
        self._tell = tell
        self._teach = teach

    def run(self, pod_name: str = "") -> None:
        """Do all steps. Nothing is raised for what the cluster does not give.

        Args:
            pod_name: whose files are taken; the installer's newest pod without it.

        Raises:
            CannotGather: this machine's disk is full, which is soon mended.
        """
        with Threads(_AT_ONCE, "collect") as threads:
            waiting = [
                threads.submit(self._step, what, step)
                for what, step in (
                    ("cluster/deployment.json", self._deployment),
                    ("cluster/clusterconfiguration.json", self._configuration),
                    ("cluster/nodes.json", self._nodes),
                    ("cluster/version.json", self._version),
                    ("secrets", self._secrets),
                )
            ]
            pods = self._pods()
            chosen = next((pod for pod in pods if pod.name == pod_name), None)
            if pod_name and chosen is None:
                self._material.miss(f"pod {pod_name}", "no pod of an installer has this name")
            first = chosen or next((pod for pod in pods if not pod.deleting), None)
            if first is not None:
                waiting.append(threads.submit(self._step, "results", lambda: self._files(first)))
            else:
                self._material.miss("results", "there is no pod of an installer")
            waiting += [threads.submit(self._logs, pod) for pod in pods]
            waiting += [
                threads.submit(self._list, namespace, kind)
                for namespace in self._namespaces()
                for kind in ("pods", "events")
            ]
            for future in waiting:
                future.result()

    def _step(self, what: str, step: Callable[[], None]) -> None:
        self._tell(what)
        try:
            step()
        except CannotGather:
            raise
        except KsimageError as error:
            self._material.miss(what, f"{error.message}{': ' if error.why else ''}{error.why}")
        except OSError as error:
            self._material.miss(what, error.strerror or str(error))

    def _json(self, *words: str) -> dict[str, object]:
        return self._kubectl.get_json("get", *words, timeout=self._limits.seconds)

    def _put(self, path: str, document: object) -> None:
        text = json.dumps(_without_managed_fields(document), indent=2, ensure_ascii=True)
        self._material.add(path, text.encode() + b"\n")

    def _deployment(self) -> None:
        self._put("cluster/deployment.json", self._json("deployment.apps", installer.DEPLOYMENT))

    def _configuration(self) -> None:
        found = self._json(installer.CONFIGURATION, installer.DEPLOYMENT)
        self._put("cluster/clusterconfiguration.json", found)

    def _version(self) -> None:
        versions = self._kubectl.versions()
        self._put("cluster/version.json", {"kubectl": versions.client, "server": versions.server})

    def _nodes(self) -> None:
        found = self._json("nodes")
        nodes = [
            {
                "name": text(node, "metadata", "name"),
                "info": at(node, "status", "nodeInfo"),
                "capacity": at(node, "status", "capacity"),
                "allocatable": at(node, "status", "allocatable"),
                "conditions": at(node, "status", "conditions"),
                "taints": at(node, "spec", "taints"),
            }
            for node in objects(found, "items")
        ]
        self._put("cluster/nodes.json", nodes)

    def _secrets(self) -> None:
        """Learn what is secret. A namespace that does not show them is no gap in the bundle."""
        try:
            self._teach(self._json("secrets", "--field-selector=type!=helm.sh/release.v1"))
        except ClusterError as error:
            self._tell(f"secrets cannot be read, so their values are not known: {error.why}")

    def _pods(self) -> tuple[Pod, ...]:
        try:
            return installer.find_pods(self._kubectl)
        except KsimageError as error:
            self._material.miss("the installer's pods", f"{error.message}: {error.why}")
            return ()

    def _files(self, pod: Pod) -> None:
        """What the pod has on its disk, and which image that is."""
        archive = self._material.file()
        prefix = self._kubectl.exec_argv(pod.name, container=pod.container, stdin=True)
        packed = packing.fetch(
            prefix, archive, limit=self._limits.size, seconds=5 * self._limits.seconds
        )
        put(self._material, archive, packed)
        self._put("cluster/image.json", {"pod": pod.name, **_image(pod, archive)})

    def _logs(self, pod: Pod) -> None:
        limit = self._limits.size // 4
        for name, more in ((f"{pod.name}.log", ()), (f"{pod.name}.previous.log", ("--previous",))):
            if more and not pod.restarts:
                continue
            words = (
                "logs", pod.name, f"--container={pod.container}", f"--tail={self._limits.tail}",
                f"--limit-bytes={limit}", "--timestamps", *more,
            )  # fmt: skip

            def fetch(name: str = name, words: tuple[str, ...] = words) -> None:
                seconds = self._limits.seconds + GRACE
                printed = self._kubectl.run(words, timeout=seconds, streaming=True)
                self._material.add(f"logs/{name}", printed.stdout)

            self._step(f"logs/{name}", fetch)

    def _namespaces(self) -> tuple[str, ...]:
        own = self._kubectl.namespace
        try:
            items = objects(self._json("namespaces"), "items")
        except KsimageError as error:
            self._material.miss("list of namespaces", f"{error.message}: {error.why}")
            return (own,)
        there = {text(item, "metadata", "name") for item in items}
        return tuple(name for name in dict.fromkeys((own, *NAMESPACES)) if name in there)

    def _list(self, namespace: str, kind: str) -> None:
        path = f"cluster/{namespace}/{kind}.json"
        there = Kubectl(replace(self._kubectl.options, namespace=namespace))

        def fetch() -> None:
            self._put(path, there.get_json("get", kind, timeout=self._limits.seconds))

        self._step(path, fetch)


def put(material: Material, archive: Path, packed: packing.Packed) -> None:
    """Put a pod's packed files into the bundle, and what is missing of them into its list."""
    count = material.add_archive("results", archive, FOLDERS, packed.truncated)
    if packed.why:
        material.miss("results", f"{packed.why}; {count} files came")
    if packed.omitted:
        material.miss("results", f"{packed.omitted} files were left out for --max-size")
    for path, why in packed.unreadable.items():
        material.miss(path, why)


def _image(pod: Pod, archive: Path) -> dict[str, object]:
    """Which image runs, and whose hook is in it."""
    digest = ""
    with suppress(BundleUnusable):
        for entry in islice(Bundle(archive).entries(), len(packing.OTHERS)):
            if entry.path == "hook/installRunner.py":
                digest = hashlib.sha256(entry.read()).hexdigest()
    known = [release.tag for release in releases.by_hook(digest)] if digest else []
    if not digest:
        whose = "unknown: the hook could not be read"
    elif known:
        whose = "upstream's"
    else:
        whose = "changed: upstream shipped no such hook"
    return {
        "image": pod.image,
        "imageID": pod.image_id,
        "hook": {"sha256": digest, "whose": whose, "releases": known},
    }


def _without_managed_fields(document: object) -> object:
    """Kubernetes' book-keeping of who set which field is half of the bytes, and tells nothing."""
    for item in (document, *objects(document, "items")):
        metadata = at(item, "metadata")
        if isinstance(metadata, dict):
            metadata.pop("managedFields", None)
    return document
