"""``ksimage rollout`` on a real cluster: KubeKey's and upstream's Deployments, faults included."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, get_args

import pytest
from tests.cluster import manifests
from tests.cluster.manifests import Shape
from tests.support import kubectl_proxy, program, requires
from tests.support.cluster import Images, Installation
from tests.support.kubectl_proxy import KubectlProxy

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900, func_only=True)]

RECORD = "io.ksimage.rollout"
SPEC: dict[str, Any] = {"monitoring": {"seconds": 1}}


@pytest.fixture
def kubectl(tmp_path: Path) -> KubectlProxy:
    return kubectl_proxy.make(tmp_path / "proxy")


def roll_out(
    installation: Installation, *arguments: str, kubectl: KubectlProxy | None = None
) -> program.Finished:
    proxied = ["--kubectl", str(kubectl.path)] if kubectl else []
    return installation.ksimage("rollout", *arguments, *proxied, "--yes")


def begin(installation: Installation, kubectl: KubectlProxy) -> subprocess.Popen[str]:
    """Start a rollout, to do something meanwhile."""
    return program.start(
        "rollout", "--yes", "--kubectl", str(kubectl.path), "-n", installation.namespace,
        cwd=installation.folder, env=installation.env,
    )  # fmt: skip


def image_of(installation: Installation) -> str:
    path = "jsonpath={.spec.template.spec.containers[0].image}"
    return installation.kubectl("get", "deployment", "ks-installer", "-o", path)


def record_of(installation: Installation) -> dict[str, Any] | None:
    found = installation.json("get", "deployment", "ks-installer")
    text = found["metadata"].get("annotations", {}).get(RECORD)
    return json.loads(text) if text else None


def strategy_of(installation: Installation) -> str:
    path = "jsonpath={.spec.strategy.type}"
    return installation.kubectl("get", "deployment", "ks-installer", "-o", path)


@pytest.mark.parametrize("shape", get_args(Shape))
def test_one_patch_replaces_the_installer_and_undo_puts_it_back(
    installation: Installation, images: Images, kubectl: KubectlProxy, shape: Shape
) -> None:
    installation.deploy(images.pristine, shape=shape)
    before = installation.json("get", "deployment", "ks-installer")["spec"]
    installation.running()

    done = roll_out(installation, "--output", "json", kubectl=kubectl).ok().document
    assert done["image"] == images.by_digest
    assert image_of(installation) == images.by_digest
    assert {proof["passed"] for proof in done["proofs"]} == {True}
    assert len(kubectl.changes()) == 1
    assert done["pod"]["name"] == installation.running()

    kubectl.rules()
    again = roll_out(installation, "--output", "json", kubectl=kubectl).ok().document
    assert again["up_to_date"]
    assert not kubectl.changes()

    roll_out(installation, "--undo").ok()
    after = installation.json("get", "deployment", "ks-installer")
    assert after["spec"] == before
    assert RECORD not in after["metadata"]["annotations"]
    installation.running()


def test_debians_kubectl_of_the_clusters_age(
    installation: Installation, images: Images, tmp_path: Path
) -> None:
    path = installation.bed.place.old_kubectl
    requires.condition(path.exists(), f"there is no {path} (tests/cluster/build)")
    old = kubectl_proxy.make(tmp_path / "old", str(path))
    installation.deploy(images.pristine)
    installation.running()
    done = roll_out(installation, "-v", kubectl=old).ok()
    assert "kubectl v1.20.2, cluster v1.20.2" in done.stderr
    status = installation.ksimage("status", "--kubectl", str(old.path))
    assert status.code == 0, status.stderr
    roll_out(installation, "--undo", kubectl=old).ok()


def test_a_dry_run_prints_the_commands_that_are_run(
    installation: Installation, images: Images, kubectl: KubectlProxy
) -> None:
    installation.deploy(images.pristine)
    installation.running()
    for way in ("patch", "scale"):
        kubectl.rules()
        words = ("--way", way, "--output", "json")
        told = roll_out(installation, "--dry-run", *words, kubectl=kubectl).ok().document
        assert not kubectl.changes()
        roll_out(installation, *words, kubectl=kubectl).ok()
        run = [[str(kubectl.path), *words] for words in kubectl.changes()]
        assert [settled(words) for words in run] == [
            settled(one["argv"]) for one in told["commands"]
        ]
        roll_out(installation, "--undo").ok()


def settled(words: list[str]) -> list[str]:
    """A command without what differs from run to run: times, IDs and the API server's counter."""
    text = "\0".join(words)
    text = re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{6}", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
    return re.sub(r'"resourceVersion":"\d+"', "VERSION", text).split("\0")


def test_undo_after_kubekeys_own_apply_keeps_kubekeys_image(
    installation: Installation, images: Images
) -> None:
    installation.deploy(images.pristine)
    installation.running()
    roll_out(installation).ok()
    installation.deploy(images.pristine)  # as `kk create cluster` does once more
    assert image_of(installation) == images.pristine
    assert strategy_of(installation) == "Recreate"  # what a patch adds outlives kk's apply

    undone = roll_out(installation, "--undo").ok()
    assert "is back already" in undone.stderr
    assert strategy_of(installation) == "RollingUpdate"
    assert record_of(installation) is None


def test_no_rollout_while_an_installation_runs_unless_forced(
    installation: Installation, images: Images
) -> None:
    installation.deploy(images.pristine, {"monitoring": {"seconds": 120}})
    installation.running()
    installation.until(lambda: busy_with(installation, "monitoring"), "monitoring at work", 600)
    refused = roll_out(installation)
    assert refused.code == 18
    assert re.search(r"an installation runs since .* now: .*monitoring", refused.stderr)
    assert image_of(installation) == images.pristine

    forced = roll_out(installation, "--force").ok()
    (saved,) = installation.folder.glob("ks-installer-results-*.tar.gz")
    assert saved.name in forced.stderr
    listed = subprocess.run(["tar", "tzf", saved], capture_output=True, text=True, check=True)
    assert "results/monitoring/monitoring/stdout" in listed.stdout
    assert saved.stat().st_mode & 0o077 == 0


def busy_with(installation: Installation, playbook: str) -> bool:
    words = ("exec", "deploy/ks-installer", "--", "ps", "-e", "-o", "args")
    return f"{playbook}.yaml" in installation.kubectl(*words, check=False)


def test_what_the_configmap_way_left_is_removed_and_comes_back_with_undo(
    installation: Installation, images: Images
) -> None:
    installation.deploy(images.pristine)
    name = "ksimage-hook-0123456789ab"
    data = {"installRunner.py": "#!/bin/sh\nsleep 1\n"}
    installation.apply(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
    )
    path = "/hooks/kubesphere/installRunner.py"
    mount = {"name": "ksimage-hook", "mountPath": path, "subPath": "installRunner.py"}
    env = [{"name": "KS_INSTALLER_VERBOSITY", "value": "4"}]
    volume = {"name": "ksimage-hook", "configMap": {"name": name, "defaultMode": 0o755}}
    container = {"name": "installer", "env": env, "volumeMounts": [mount]}
    patch = {"spec": {"template": {"spec": {"containers": [container], "volumes": [volume]}}}}
    installation.kubectl("patch", "deployment", "ks-installer", "-p", json.dumps(patch))

    def mounted() -> bool:
        volumes = [
            volume["name"] for pod in installation.pods() for volume in pod["spec"]["volumes"]
        ]
        return "ksimage-hook" in volumes

    installation.until(mounted, "the pod with the mounted hook")
    installation.deploy(images.pristine)  # kk's apply: the mount stays
    told = roll_out(installation, "--force").ok()
    assert "env KS_INSTALLER_VERBOSITY, mount /hooks/kubesphere/installRunner.py" in told.stderr
    spec = installation.json("get", "deployment", "ks-installer")["spec"]["template"]["spec"]
    assert [volume["name"] for volume in spec["volumes"]] == ["host-time"]
    assert "env" not in spec["containers"][0]
    roll_out(installation, "--undo", "--force").ok()
    spec = installation.json("get", "deployment", "ks-installer")["spec"]["template"]["spec"]
    assert {volume["name"] for volume in spec["volumes"]} == {"host-time", "ksimage-hook"}
    assert spec["containers"][0]["env"] == env


def test_an_image_that_is_gone_between_look_and_set_is_told_at_once(
    installation: Installation, images: Images, kubectl: KubectlProxy
) -> None:
    installation.deploy(images.pristine)
    installation.running()
    doomed = images.copy("doomed")
    remove = f"curl -sf -X DELETE {images.manifest_url(doomed)}"
    kubectl.rules({"match": "patch", "before": remove})
    began = time.monotonic()
    failed = roll_out(installation, doomed, "--force", kubectl=kubectl)
    assert failed.code == 18, failed.stderr
    assert "cannot pull its image" in failed.stderr
    assert "ksimage rollout --undo" in failed.stderr
    assert time.monotonic() - began < 120
    roll_out(installation, "--undo").ok()
    installation.running()


def test_a_container_that_crashes_is_told(
    installation: Installation, images: Images, kubectl: KubectlProxy
) -> None:
    installation.deploy(images.pristine)
    installation.running()
    failed = roll_out(installation, images.crashing, "--force", kubectl=kubectl)
    assert failed.code == 18, failed.stderr
    assert "exit code 3" in failed.stderr
    roll_out(installation, "--undo").ok()
    installation.running()


def test_who_changes_the_deployment_first_wins(
    installation: Installation, images: Images, kubectl: KubectlProxy
) -> None:
    installation.deploy(images.pristine)
    installation.running()
    theirs = (
        f"kubectl --kubeconfig={installation.bed.place.kubeconfig} -n {installation.namespace}"
        " set env deployment/ks-installer THEIRS=1"
    )
    kubectl.rules({"match": "patch", "before": theirs})
    beaten = roll_out(installation, kubectl=kubectl)
    assert beaten.code == 16
    assert "somebody else changed" in beaten.stderr
    assert image_of(installation) == images.pristine
    roll_out(installation, kubectl=kubectl).ok()


def test_the_second_operator_is_told_of_the_first(
    installation: Installation, images: Images, kubectl: KubectlProxy
) -> None:
    installation.deploy(images.pristine)
    installation.running()
    doomed = images.copy("slow")
    kubectl.rules({"match": "patch", "before": f"curl -sf -X DELETE {images.manifest_url(doomed)}"})
    roll_out(installation, doomed, "--force", kubectl=kubectl)
    second = roll_out(installation, images.by_digest)
    assert second.code == 18, second.stderr
    assert re.search(r"a rollout of \S+ by \S+ \(\S+\) is under way", second.stderr)
    roll_out(installation, images.by_digest, "--force").ok()
    assert image_of(installation) == images.by_digest


@pytest.mark.disturbs_the_cluster
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_an_api_server_that_restarts_in_mid_rollout(
    installation: Installation, images: Images, kubectl: KubectlProxy, sign: signal.Signals
) -> None:
    installation.deploy(images.pristine)
    installation.running()
    process = begin(installation, kubectl)
    installation.until(kubectl.changes, "the patch")
    installation.bed.stop("apiserver", sign)
    time.sleep(2)
    installation.bed.start("apiserver")
    _, told = process.communicate(timeout=200)
    assert process.returncode == 0, told
    assert image_of(installation) == images.by_digest


def test_a_foreign_release_and_an_unproven_image_are_refused(
    installation: Installation, images: Images
) -> None:
    installation.deploy(images.pristine)
    installation.apply(manifests.configuration(installation.namespace, "v3.4.1", SPEC))
    refused = roll_out(installation, images.pristine)
    assert refused.code == 18
    assert "the cluster's release is v3.4.1" in refused.stderr
    assert "the image is not proven" in refused.stderr
    assert image_of(installation) == images.pristine


def test_there_must_be_an_installer(installation: Installation) -> None:
    missing = roll_out(installation)
    assert missing.code == 17
    assert installation.namespace in missing.stderr


def test_a_pod_that_is_evicted_in_mid_rollout_is_followed_by_another(
    installation: Installation, images: Images, kubectl: KubectlProxy
) -> None:
    installation.deploy(images.pristine)
    installation.running()
    process = begin(installation, kubectl)

    def new() -> str:
        for pod in installation.pods():
            if pod["spec"]["containers"][0]["image"] == images.by_digest:
                return str(pod["metadata"]["name"])
        return ""

    name = installation.until(new, "the new pod")
    place = f"/api/v1/namespaces/{installation.namespace}/pods/{name}/eviction"
    eviction = {
        "apiVersion": "policy/v1beta1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": installation.namespace},
    }
    installation.kubectl("create", "--raw", place, "-f", "-", data=json.dumps(eviction))
    _, told = process.communicate(timeout=200)
    assert process.returncode == 0, told
    assert installation.running() != name


@pytest.mark.disturbs_the_cluster
def test_a_node_without_room_is_told_in_the_schedulers_words(
    installation: Installation, images: Images, kubectl: KubectlProxy
) -> None:
    installation.deploy(images.pristine)
    installation.running()
    node = installation.json("get", "nodes")["items"][0]["metadata"]["name"]
    installation.kubectl("taint", "nodes", node, "disk=full:NoSchedule")
    try:
        failed = roll_out(installation, "--timeout", "15", kubectl=kubectl)
    finally:
        installation.kubectl("taint", "nodes", node, "disk-")
    assert failed.code == 18, failed.stderr
    assert "is pending: 0/1 nodes are available" in failed.stderr
    assert "disk" in failed.stderr
    roll_out(installation, kubectl=kubectl).ok()
    assert image_of(installation) == images.by_digest
