"""A pod as the API server tells it; whatever is missing or of another type is as if absent."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.cluster.objects_of import DIGEST, IMAGE, pod, pod_object

from ksimage.cluster import pods
from ksimage.cluster.pods import ANNOTATION


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
    found = pods.read(made)
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
    assert pods.read(made).unscheduled == "0/3 nodes are available"


def test_the_rollout_that_it_is_of_and_that_it_goes() -> None:
    made = pod_object()
    made["metadata"] |= {
        "annotations": {ANNOTATION: "abc"}, "deletionTimestamp": "2026-01-02T03:04:05Z",
    }  # fmt: skip
    found = pods.read(made)
    assert found.rollout == "abc" and found.deleting


def test_of_several_containers_the_installer_matters() -> None:
    made = pod_object()
    made["spec"]["containers"].insert(0, {"name": "proxy", "image": "proxy:1"})
    made["status"]["containerStatuses"].insert(0, {"name": "proxy", "imageID": "x"})
    found = pods.read(made)
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
    found = pods.read(broken)
    assert not found.running and not found.deleting
    assert found.name == found.image == found.rollout == "" and found.created is None
