"""Which nodes an image fits, and which hold something else under its tag."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.unit.cluster.objects_of import DIGEST, candidate, deployment, installer

from ksimage.cluster.image import nodes
from ksimage.cluster.kubectl import Kubectl, KubectlOptions

TAG = "harbor.lan/kubesphereio/ks-installer:v3.3.2"
OTHER = f"harbor.lan/kubesphereio/ks-installer@sha256:{'c' * 64}"


def node(name: str, architecture: str = "amd64", *names: str, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name},
        "spec": spec,
        "status": {
            "nodeInfo": {"operatingSystem": "linux", "architecture": architecture},
            "images": [{"names": list(names)}] if names else [],
        },
    }


def found(folder: Path, *items: dict[str, Any]) -> tuple[nodes.Node, ...]:
    program = folder / "kubectl"
    program.write_text(f"#!{sys.executable}\nprint({json.dumps(json.dumps({'items': items}))})\n")
    program.chmod(0o755)
    listed = nodes.find(Kubectl(KubectlOptions(program=str(program))))
    assert listed is not None
    return listed


def test_architectures_of_nodes_that_take_pods(tmp_path: Path) -> None:
    listed = found(tmp_path, node("a"), node("b", "arm64"), node("c", "s390x", unschedulable=True))
    assert nodes.unfit(listed, candidate()) == ["linux/arm64"]
    assert nodes.unfit(listed, candidate(platforms=("linux/amd64", "linux/arm64"))) == []


def test_stale_copies_by_digest_and_not_by_name(tmp_path: Path) -> None:
    listed = found(
        tmp_path,
        node("fresh", "amd64", TAG, f"elsewhere/x@{DIGEST}"),
        node("stale", "amd64", TAG, OTHER),
        node("other", "amd64", "harbor.lan/kubesphereio/ks-installer:v3.4.1", OTHER),
        node("none"),
    )
    assert nodes.stale(listed, TAG, candidate()) == [("stale", (OTHER.partition("@")[2],))]


def test_who_may_not_list_nodes_goes_on(tmp_path: Path) -> None:
    program = tmp_path / "kubectl"
    program.write_text(
        '#!/bin/sh\necho \'Error from server (Forbidden): nodes is forbidden: User "op" cannot list'
        ' resource "nodes" in API group "" at the cluster scope\' >&2\nexit 1\n'
    )
    program.chmod(0o755)
    assert nodes.find(Kubectl(KubectlOptions(program=str(program)))) is None


def test_it_may_as_much_as_the_installer_and_runs_everywhere() -> None:
    found = deployment()
    found["spec"]["template"]["spec"]["imagePullSecrets"] = [{"name": "harbor"}]
    create, remove = nodes.pull_commands(candidate(), installer(found))
    made = json.loads(create.stdin)
    pod = made["spec"]["template"]["spec"]
    assert pod["imagePullSecrets"] == [{"name": "harbor"}]
    assert pod["serviceAccountName"] == "ks-installer"
    assert pod["automountServiceAccountToken"] is False
    assert pod["tolerations"] == [{"operator": "Exists"}]
    (container,) = pod["containers"]
    assert container["image"] == candidate().pinned
    assert made["metadata"]["name"] in remove.words
    assert made["spec"]["selector"]["matchLabels"].items() <= made["metadata"]["labels"].items()
    assert "ks-installer" not in made["metadata"]["labels"].values()
