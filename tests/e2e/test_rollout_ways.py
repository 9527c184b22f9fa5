"""The further ways of `ksimage rollout`, on a real cluster."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.e2e.test_rollout import image_of, kubectl, roll_out
from tests.e2e.test_status import at_work, pod_runs
from tests.support.cluster import Images, Installation
from tests.support.kubectl_proxy import KubectlProxy

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800, func_only=True)]

__all__ = ["kubectl"]


def test_every_node_pulls_first(
    installation: Installation, images: Images, kubectl: KubectlProxy
) -> None:
    installation.deploy(images.pristine)
    installation.running()
    fresh = images.copy("fresh")
    done = roll_out(installation, fresh, "--pre-pull", kubectl=kubectl).ok()
    assert "1 nodes have the image: node1" in done.stderr
    assert image_of(installation).endswith(fresh.partition("@")[2])
    assert installation.kubectl("get", "daemonsets", "-o", "name") == ""

    doomed = images.copy("doomed")
    remove = f"curl -sf -X DELETE {images.manifest_url(doomed)}"
    kubectl.rules({"match": "create", "before": remove})
    failed = roll_out(installation, doomed, "--pre-pull", kubectl=kubectl)
    assert failed.code == 18, failed.stderr
    assert re.search(r"0 of 1 nodes have the image; nothing else was changed", failed.stderr)
    assert "node1: pod" in failed.stderr
    assert image_of(installation).endswith(fresh.partition("@")[2])
    assert installation.kubectl("get", "daemonsets", "-o", "name") == ""


def test_who_must_keep_a_tag_is_told_of_stale_copies(
    installation: Installation, images: Images
) -> None:
    tag = images.replaceable()
    installation.deploy(tag)
    installation.until(lambda: pod_runs(installation, tag), "the tag's first image")
    images.replace_with_ours(tag)
    installation.until(lambda: tag in node_images(installation), "the kubelet's list")
    done = roll_out(installation, tag, "--tag", "--force").ok()
    assert f"node1 holds another image under this tag, {images.digest}" in done.stderr
    assert "✓ the node runs this image" in done.stderr
    assert image_of(installation) == tag
    container = installation.json("get", "deployment", "ks-installer")["spec"]["template"]["spec"]
    assert container["containers"][0]["imagePullPolicy"] == "Always"


def node_images(installation: Installation) -> str:
    return json.dumps(installation.json("get", "nodes")["items"][0]["status"]["images"])


def test_verbosity_and_one_component_again(installation: Installation, images: Images) -> None:
    installation.deploy(images.pristine, {"monitoring": {"seconds": 1}})
    installation.running()
    roll_out(installation, images.patched, "--verbosity", "2", "--force").ok()
    assert spec_of(installation)["debug"] == {"verbosity": 2}
    installation.installed()
    installation.until(lambda: not at_work(installation), "the end", 600)
    stdout = "/kubesphere/results/monitoring/monitoring/command"
    ran = installation.kubectl("exec", "deploy/ks-installer", "--", "cat", stdout)
    assert "-vv" in ran

    unknown = roll_out(installation, "--component", "monitorin")
    assert unknown.code == 18
    assert re.search(r"it has: .*\bmonitoring\b", unknown.stderr)

    again = roll_out(installation, "--component", "monitoring").ok()
    assert "the installer has begun" in again.stderr
    status = installation.json("get", "cc", "ks-installer")["status"]
    assert "monitoring" not in status or at_work(installation)
    installation.until(lambda: not at_work(installation), "the end", 600)
    installation.until(
        lambda: "monitoring" in installation.json("get", "cc", "ks-installer")["status"],
        "the component's status",
    )

    undone = roll_out(installation, "--undo").ok()
    assert "put the verbosity of before back" in undone.stderr
    assert "verbosity" not in (spec_of(installation).get("debug") or {})


def spec_of(installation: Installation) -> dict[str, Any]:
    spec: dict[str, Any] = installation.json("get", "cc", "ks-installer")["spec"]
    return spec
