"""Fixtures: the real cluster for a session, a namespace with an installer for a test.

Sessions on one machine share the cluster: each holds a lock while it uses it, and the one that
ends last stops it. ``KSIMAGE_CLUSTER_KEEP=1`` leaves it running.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import pytest

from ksimage.locations import access, spec, transfer
from ksimage.locations.options import RegistryOptions
from tests.cluster import manifests
from tests.cluster.bed import Bed
from tests.cluster.manifests import Shape
from tests.cluster.place import REGISTRY, SYSTEM_PATH, Place
from tests.support import pod_image, requires
from tests.support.images import Entry
from tests.support.program import Finished, ksimage

NEEDED = ("etcd", "containerd", "runc", "docker-registry", "kubectl", "iptables", "ip", "openssl")


@dataclass
class Images:
    """References in the cluster's registry."""

    pristine: str
    patched: str
    """As build printed it: name and digest of the index."""

    crashing: str
    """An image whose container ends with status 3."""
    digest: str
    """Of the pristine one."""

    @property
    def repository(self) -> str:
        """Without a tag."""
        return self.pristine.rpartition(":")[0]

    @property
    def by_digest(self) -> str:
        """The patched one as a rollout asks for it."""
        return f"{self.repository}@{self.patched.partition('@')[2]}"

    def copy(self, tag: str) -> str:
        """A build of ours of which nothing lies on the node; by digest."""
        label = f"test.copy={tag}-{uuid.uuid4().hex[:6]}"
        # beside the repository, where a rollout without a name finds one build of ours
        project = self.repository.rpartition("/")[0]
        name = f"{project}-copies/ks-installer:v3.3.2-{label.partition('=')[2]}"
        words = ("build", "v3.3.2", "--from", self.repository, "--label", label, "--to", name)
        return ksimage(*words, "--engine", "direct", cwd=Path.cwd()).ok().reference

    def replaceable(self) -> str:
        """A tag of its own that holds the pristine image."""
        tag = f"{self.repository}:v3.3.2-{uuid.uuid4().hex[:6]}"
        copy_image(self.pristine, tag)
        return tag

    def replace(self, tag: str) -> None:
        """Put another image under the tag, as KubeKey does."""
        copy_image(f"{self.repository}:crashing", tag)

    def replace_with_ours(self, tag: str) -> None:
        """Put the patched image under the tag."""
        copy_image(self.by_digest, tag)

    def manifest_url(self, reference: str) -> str:
        """Where the registry has what a reference by digest names."""
        host, _, path = reference.partition("/")
        name, _, digest = path.partition("@")
        return f"http://{host}/v2/{name.partition(':')[0]}/manifests/{digest}"


@dataclass
class Installation:
    """One namespace with an installer in it."""

    bed: Bed
    namespace: str
    folder: Path
    env: dict[str, str | None] = field(default_factory=dict)

    def kubectl(self, *words: str, check: bool = True, data: str | None = None) -> str:
        """kubectl in the namespace; its stdout."""
        return self.bed.kubectl("-n", self.namespace, *words, check=check, data=data)

    def json(self, *words: str) -> dict[str, Any]:
        """An object."""
        found: dict[str, Any] = json.loads(self.kubectl(*words, "-o", "json"))
        return found

    def apply(self, document: dict[str, Any]) -> None:
        """``kubectl apply --force``, as kk does."""
        self.kubectl("apply", "--force", "-f", "-", data=json.dumps(document))

    def deploy(
        self, image: str, spec: dict[str, Any] | None = None, shape: Shape = "kk-3.0.13"
    ) -> None:
        """The Deployment, and with ``spec`` a ClusterConfiguration."""
        self.apply(manifests.deployment(self.namespace, image, shape))
        if spec is not None:
            self.apply(manifests.configuration(self.namespace, "v3.3.2", spec))

    def configure(self, spec: dict[str, Any]) -> None:
        """Merge into the ClusterConfiguration's spec."""
        self.kubectl(
            "patch", "cc", "ks-installer", "--type=merge", "-p", json.dumps({"spec": spec})
        )

    def pods(self) -> list[dict[str, Any]]:
        """All pods of the namespace."""
        items: list[dict[str, Any]] = self.json("get", "pods")["items"]
        return items

    def running(self) -> str:
        """Wait for the one pod that runs and is not on its way out; its name."""
        return str(self.until(self._running, "one running pod"))

    def _running(self) -> str:
        names = [
            pod["metadata"]["name"]
            for pod in self.pods()
            if "deletionTimestamp" not in pod["metadata"]
            and any("running" in s["state"] for s in pod["status"].get("containerStatuses", ()))
        ]
        return names[0] if len(names) == 1 else ""

    def installed(self) -> None:
        """Wait until the installation has come to its end."""

        def ended() -> bool:
            words = ("get", "cc", "ks-installer", "-o", "jsonpath={.status.core.version}")
            return bool(self.kubectl(*words, check=False))

        self.until(ended, "the end of the installation", 600)

    def until(self, ask: Callable[[], Any], what: str, seconds: float = 180) -> Any:
        """Ask until the answer is true; the answer."""
        deadline = time.monotonic() + seconds
        while True:
            answer = ask()
            if answer:
                return answer
            if time.monotonic() > deadline:
                told = self.kubectl("get", "pods,deployments,events", check=False)
                pytest.fail(f"{what} did not come within {seconds:g} s\n{told}")
            time.sleep(0.4)

    def ksimage(self, *arguments: str, env: dict[str, str | None] | None = None) -> Finished:
        """Run ksimage with the administrator's kubeconfig, in this namespace."""
        return ksimage(
            *arguments, "-n", self.namespace, cwd=self.folder, env={**self.env, **(env or {})}
        )


@pytest.fixture(scope="session")
def cluster() -> Iterator[Bed]:
    """The cluster, up. Skips by name what is missing, and fails under KSIMAGE_E2E=1."""
    place = Place()
    missing = place.missing
    requires.condition(
        not missing, f"{', '.join(missing)} are not built (tests/cluster/build) in {place.folder}"
    )
    requires.root()
    for name in NEEDED:
        requires.program(name)
    os.environ["PATH"] = f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"
    bed = Bed(place)
    with _shared(place) as last_one_out:
        bed.up()
        bed.kubectl("apply", "-f", "-", data=json.dumps(manifests.CRD))
        yield bed
        if last_one_out() and os.environ.get("KSIMAGE_CLUSTER_KEEP") != "1":
            bed.down()


@pytest.fixture(scope="session")
def images(cluster: Bed, tmp_path_factory: pytest.TempPathFactory) -> Images:
    """The miniature in the cluster's registry: as upstream's, and as ksimage builds it."""
    folder = tmp_path_factory.mktemp("images")
    layout = folder / "base"
    own = f"mini-{uuid.uuid4().hex[:8]}"
    project = f"{REGISTRY}/{own}"
    # The cluster is other sessions' too, and the kubelet lists no more than five names of an image.
    digest = pod_image.build(layout, more=(Entry("kubesphere/playbooks/session", own.encode()),))
    name = f"{project}/ks-installer"
    copy_image(f"oci:{layout}:v3.3.2", f"{name}:v3.3.2")
    built = ksimage("build", "v3.3.2", "--from", project, "--push", cwd=folder).ok()
    crashing = pod_image.build(folder / "crashing", operator=b"#!/bin/sh\nexit 3\n")
    copy_image(f"oci:{folder / 'crashing'}:v3.3.2", f"{name}:crashing")
    return Images(f"{name}:v3.3.2", built.reference, f"{name}@{crashing}", digest)


@pytest.fixture
def undisturbed(cluster: Bed, request: pytest.FixtureRequest) -> Iterator[None]:
    """Share the cluster with other processes' tests, unless marked ``disturbs_the_cluster``."""
    disturbs = request.node.get_closest_marker("disturbs_the_cluster")
    how = fcntl.LOCK_EX if disturbs else fcntl.LOCK_SH
    with (cluster.place.run / "tests.lock").open("w") as lock:
        # Who waits for all others to end keeps new ones from beginning.
        with (cluster.place.run / "turn.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            fcntl.flock(lock, how)
        yield


@pytest.fixture
def installation(cluster: Bed, undisturbed: None, tmp_path: Path) -> Iterator[Installation]:
    """An empty namespace that may hold an installer; gone after the test."""
    name = f"ks-{uuid.uuid4().hex[:8]}"
    listed = {"apiVersion": "v1", "kind": "List", "items": manifests.namespace(name)}
    cluster.kubectl("apply", "-f", "-", data=json.dumps(listed))
    made = Installation(cluster, name, tmp_path, {"KUBECONFIG": str(cluster.place.kubeconfig)})
    try:
        yield made
    finally:
        quick = ("--ignore-not-found", "--grace-period=0", "--force", "--wait=false")
        made.kubectl("delete", "deployments,daemonsets,pods", "--all", *quick, check=False)
        cluster.kubectl("delete", "namespace", name, "--wait=false", check=False)


def copy_image(source: str, target: str) -> None:
    here = access.open_source(spec.parse(source), options=RegistryOptions())
    there = access.open_target(spec.parse(target), options=RegistryOptions())
    try:
        transfer.copy(here, there)
    finally:
        here.close()
        there.close()


@contextmanager
def _shared(place: Place) -> Iterator[Callable[[], bool]]:
    """Use the cluster beside others; the answer to whether nobody else does."""
    place.make()
    with (place.run / "users.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield lambda: _alone(lock)


def _alone(lock: TextIO) -> bool:
    with suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
