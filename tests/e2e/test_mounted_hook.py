"""The ConfigMap way on a real cluster, with the commands that `render` prints, as it prints them.

The hook outlives KubeKey's apply of another release: there it must not run, and say so.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.cluster import manifests
from tests.cluster.bed import Bed
from tests.cluster.place import REGISTRY
from tests.support import pod_image
from tests.support.cluster import Installation, copy_image
from tests.support.images import Entry
from tests.support.program import MINIATURE_HOOK, ksimage

from ksimage.cluster.guard import MARK
from ksimage.cluster.kubectl import NAMESPACE
from ksimage.upstream.releases import HOOK_PATH

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900, func_only=True)]

OWN = hashlib.sha256(MINIATURE_HOOK.read_bytes()).hexdigest()


@pytest.fixture
def kubesphere_system(cluster: Bed, tmp_path: Path) -> Iterator[Installation]:
    """The one namespace that printed commands name; one session at a time has it."""
    with (cluster.place.run / f"{NAMESPACE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        listed = {"apiVersion": "v1", "kind": "List", "items": manifests.namespace(NAMESPACE)}
        cluster.kubectl("apply", "-f", "-", data=json.dumps(listed))
        env: dict[str, str | None] = {"KUBECONFIG": str(cluster.place.kubeconfig)}
        made = Installation(cluster, NAMESPACE, tmp_path, env)
        try:
            yield made
        finally:
            quick = ("--ignore-not-found", "--grace-period=0", "--force", "--wait=false")
            made.kubectl("delete", "deployments,pods,configmaps", "--all", *quick, check=False)


@pytest.fixture
def releases(cluster: Bed, tmp_path: Path) -> tuple[str, str]:
    """Upstream's images of two releases, by their tags; their roles differ."""
    name = f"{REGISTRY}/mounted-{uuid.uuid4().hex[:8]}/ks-installer"
    for release in ("v3.3.2", "v3.4.1"):
        mark = Entry(MARK, f"ks_version: {release}\n".encode())
        pod_image.build(tmp_path / release, release, more=(mark,))
        copy_image(f"oci:{tmp_path / release}:{release}", f"{name}:{release}")
    return f"{name}:v3.3.2", f"{name}:v3.4.1"


def typed(lines: list[str], installation: Installation) -> None:
    """Run printed commands as they stand, in the folder in which they were printed."""
    kubeconfig = str(installation.bed.place.kubeconfig)
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "KUBECONFIG": kubeconfig}
    for line in lines:
        done = subprocess.run(
            ["sh", "-c", line], cwd=installation.folder, env=environment, capture_output=True,
            text=True, timeout=180,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}: {done.stderr}"


def running_hook(installation: Installation) -> str:
    """The sha256 of the hook that the running pod has."""
    name = installation.running()
    told = installation.kubectl("exec", name, "--", "sha256sum", f"/{HOOK_PATH}", check=False)
    return told.partition(" ")[0]


def test_mounted_kept_from_another_release_and_removed(
    kubesphere_system: Installation, releases: tuple[str, str], tmp_path: Path
) -> None:
    installation, (image, later) = kubesphere_system, releases
    installation.deploy(image)
    installation.until(lambda: running_hook(installation) == OWN, "the image's own hook")
    words = ("render", "v3.3.2", "--from", image, "--as", "configmap", "-o", "hook")
    told = ksimage(*words, cwd=tmp_path).ok().stderr
    assert "would run all the same" not in told, "it is guarded"
    commands = re.findall(r"(?m)^  (kubectl .*)$", told)
    mounting, removing = commands[:5], commands[5:]
    assert len(removing) == 2

    typed(mounting, installation)
    document = yaml.safe_load((tmp_path / "hook" / "configmap.yaml").read_text())
    patched = hashlib.sha256(document["data"]["installRunner.py"].encode()).hexdigest()
    assert patched != OWN
    installation.until(lambda: running_hook(installation) == patched, "the mounted hook")

    installation.deploy(later)  # as `kk upgrade` does; the mount stays

    def refusal() -> str:
        logs = (
            installation.kubectl("logs", pod["metadata"]["name"], check=False)
            for pod in installation.pods()
            if pod["spec"]["containers"][0]["image"] == later
        )
        return next((text for text in logs if "ksimage: the mounted hook" in text), "")

    said = installation.until(refusal, "the refusal")
    assert "is for v3.3.2, and this image is another" in said
    assert "It does not run. Remove the mount: kubectl -n kubesphere-system patch" in said
    assert "Traceback" not in said.partition("ksimage: the mounted hook")[0]

    typed(removing, installation)
    installation.until(lambda: running_hook(installation) == OWN, "the later image's own hook")
    pod = installation.json("get", "deployment", "ks-installer")["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == later
    assert [volume["name"] for volume in pod["volumes"]] == ["host-time"]
    assert "env" not in pod["containers"][0]
    left = installation.kubectl("get", "configmaps", "-o", "name")
    assert document["metadata"]["name"] not in left
