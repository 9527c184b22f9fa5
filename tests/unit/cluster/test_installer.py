"""Finding the installer, by a kubectl that answers from a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cluster.objects_of import (
    DIGEST,
    IMAGE,
    configuration,
    deployment,
    installer,
    pod,
    pod_object,
)

from ksimage.cluster import installer as installers
from ksimage.cluster.installer import ANNOTATION, read_pod
from ksimage.cluster.kubectl import Kubectl, KubectlOptions
from ksimage.errors import ClusterForbidden, InstallerMissing

_SCRIPT = """\
#!{python}
import json, sys
answers = json.loads({answers!r})
words = "".join(sys.argv[1:])
for kind, answer in answers.items():
    if kind in words:
        sys.exit(answer) if isinstance(answer, str) else print(json.dumps(answer))
        break
"""
MISSING = 'Error from server (NotFound): deployments.apps "ks-installer" not found'


def _kubectl(folder: Path, **answers: Any) -> Kubectl:
    path = folder / "kubectl"
    path.write_text(_SCRIPT.format(python=sys.executable, answers=json.dumps(answers)))
    path.chmod(0o755)
    return Kubectl(KubectlOptions(program=str(path)))


def _going(name: str) -> dict[str, Any]:
    made = pod_object(name)
    made["metadata"]["deletionTimestamp"] = "2026-01-02T03:05:00Z"
    made["metadata"]["creationTimestamp"] = "2026-01-02T03:09:00Z"
    return made


def test_everything_is_found_and_the_newest_pod_that_stays_comes_first(tmp_path: Path) -> None:
    old = pod_object("old")
    old["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    kubectl = _kubectl(
        tmp_path,
        pods={"items": [_going("going"), old, pod_object("new")]},
        clusterconfigurations=configuration(),
        deployment=deployment(),
    )
    found = installers.find(kubectl)
    assert [pod.name for pod in found.pods] == ["new", "old", "going"]
    assert found.pod is not None and found.pod.name == "new"
    assert (found.image, found.release) == (IMAGE, "v3.3.2")


def test_without_a_deployment(tmp_path: Path) -> None:
    kubectl = _kubectl(
        tmp_path, pods={"items": []}, clusterconfigurations=MISSING, deployment=MISSING
    )
    found = installers.look(kubectl)
    assert found.pod is None and found.image == found.release == ""
    with pytest.raises(InstallerMissing):
        installers.find(kubectl)


def test_what_may_not_be_read_is_no_absence(tmp_path: Path) -> None:
    forbidden = (
        'Error from server (Forbidden): deployments.apps "ks-installer" is forbidden: User "x"'
        ' cannot get resource "deployments" in API group "apps" in the namespace "n"'
    )
    kubectl = _kubectl(
        tmp_path, pods={"items": []}, clusterconfigurations=configuration(), deployment=forbidden
    )
    with pytest.raises(ClusterForbidden):
        installers.look(kubectl)


def test_one_on_its_way_out_does_not_matter() -> None:
    going = pod()._replace(deleting=True)
    assert installer(None, None, going).pod is None


def test_who_made_it() -> None:
    assert installer(deployment(shape="kk-3.0.13")).by_kubekey
    upstream = deployment()
    for labels in (upstream["metadata"], upstream["spec"]["template"]["metadata"]):
        labels.get("labels", {}).pop("version", None)
    assert not installer(upstream).by_kubekey


def test_one_that_runs() -> None:
    found = pod()
    assert found.running
    assert (found.image, found.image_id) == (
        IMAGE, f"harbor.lan/kubesphereio/ks-installer@{DIGEST}",
    )  # fmt: skip
    assert found.started is not None and found.created == found.started - 5
    assert (found.node, found.boot, found.restarts) == ("node1", "containerd://1", 0)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"terminated": {"exitCode": 137, "reason": "OOMKilled"}}, "OOMKilled, exit code 137"),
        ({"terminated": {"exitCode": 1}}, "ended, exit code 1"),
        ({"terminated": {"exitCode": 2, "message": " no "}}, "ended, exit code 2: no"),
    ],
)
def test_one_that_ended(state: dict[str, Any], words: str) -> None:
    found = pod(**state)
    assert not found.running
    assert found.ended == state["terminated"]["exitCode"]
    assert found.crashed == words


def test_one_that_was_restarted_runs_and_tells_why() -> None:
    made = pod_object()
    status = made["status"]["containerStatuses"][0]
    status["restartCount"] = 3
    status["lastState"] = {"terminated": {"exitCode": 1, "reason": "Error"}}
    found = read_pod(made)
    assert found.running and found.restarts == 3 and found.crashed == "Error, exit code 1"


def test_one_that_waits() -> None:
    found = pod(waiting={"reason": "ErrImagePull", "message": "no"})
    assert (found.waiting, found.waiting_message) == ("ErrImagePull", "no")
    assert not found.running and found.ended is None


def test_one_that_no_node_takes() -> None:
    made = pod_object()
    made["status"]["conditions"] = [
        {"type": "Ready", "status": "False", "message": "not this"},
        {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"},
    ]
    assert read_pod(made).unscheduled == "0/3 nodes are available"


def test_the_rollout_that_it_is_of_and_that_it_goes() -> None:
    made = pod_object()
    made["metadata"] |= {
        "annotations": {ANNOTATION: "abc"}, "deletionTimestamp": "2026-01-02T03:04:05Z",
    }  # fmt: skip
    found = read_pod(made)
    assert found.rollout == "abc" and found.deleting


def test_of_several_containers_the_installer_matters() -> None:
    made = pod_object()
    made["spec"]["containers"].insert(0, {"name": "proxy", "image": "proxy:1"})
    made["status"]["containerStatuses"].insert(0, {"name": "proxy", "imageID": "x"})
    found = read_pod(made)
    assert (found.container, found.image) == ("installer", IMAGE)
    assert found.image_id.endswith(DIGEST)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"metadata": None, "spec": 3, "status": []},
        {"spec": {"containers": ["x", {"name": 5}]}, "status": {"containerStatuses": {}}},
        {"metadata": {"creationTimestamp": "soon", "annotations": {ANNOTATION: 7}}},
    ],
)
def test_what_is_no_pod_gives_one_without_anything(broken: dict[str, Any]) -> None:
    found = read_pod(broken)
    assert not found.running and not found.deleting
    assert found.name == found.image == found.rollout == "" and found.created is None
