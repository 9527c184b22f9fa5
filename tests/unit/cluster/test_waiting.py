"""Why a pod does not run, in the kubelet's and the scheduler's words."""

from __future__ import annotations

import pytest
from tests.unit.cluster.objects_of import deployment, pod, pod_object

from ksimage.cluster import waiting
from ksimage.cluster.installer import read_pod


def test_one_that_runs_has_no_reason() -> None:
    assert waiting.of_pod(pod()) is None


@pytest.mark.parametrize(
    ("reason", "message", "hopeless"),
    [
        ("ContainerCreating", "", False),
        ("ErrImagePull", "dial tcp: i/o timeout", False),
        ("ErrImagePull", "failed to resolve reference: harbor.lan/x: not found", True),
        ("ImagePullBackOff", "Back-off pulling image", False),
        ("ImagePullBackOff", "401 Unauthorized: unauthorized", True),
        ("InvalidImageName", "couldn't parse image reference", True),
        ("CrashLoopBackOff", "back-off 10s restarting failed container", True),
        ("CreateContainerConfigError", 'configmap "x" not found', False),
    ],
)
def test_one_that_waits(reason: str, message: str, hopeless: bool) -> None:
    found = waiting.of_pod(pod(waiting={"reason": reason, "message": message}))
    assert found is not None
    assert reason in found.sentence
    assert message in found.sentence
    assert found.hopeless is hopeless


def test_one_that_no_node_takes() -> None:
    item = pod_object(waiting={})
    item["status"] = {
        "phase": "Pending",
        "conditions": [
            {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}
        ],
    }
    found = waiting.of_pod(read_pod(item))
    assert found == ("pod ks-installer-1 is pending: 0/1 nodes are available", False)


def test_a_crash_tells_the_last_end() -> None:
    item = pod_object(waiting={"reason": "CrashLoopBackOff", "message": "back-off"})
    end = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
    item["status"]["containerStatuses"][0]["lastState"] = end
    found = waiting.of_pod(read_pod(item))
    assert found is not None
    assert "OOMKilled, exit code 137" in found.sentence


def test_hostile_words_stay_on_one_short_line() -> None:
    found = waiting.of_pod(pod(waiting={"reason": "X", "message": "a\nb" * 1000}))
    assert found is not None
    assert "\n" not in found.sentence
    assert len(found.sentence) < 500


def test_the_old_pod_has_to_end_before_the_new_one_counts() -> None:
    old, new = pod("old"), pod("new")._replace(rollout="id")
    assert waiting.of_all([new], "id") == (new, None)
    found, reason = waiting.of_all([new, old], "id")
    assert found is None
    assert reason is not None
    assert "old has to end first" in reason.sentence
    ended = old._replace(phase="Failed", started=None, ended=1)
    assert waiting.of_all([new, ended], "id") == (new, None)
    assert waiting.of_all([], "id") == (None, None)


def test_a_deployment_that_cannot_make_pods() -> None:
    made = deployment()
    assert waiting.of_deployment(made) is None
    made["status"]["conditions"] = [
        {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}
    ]
    found = waiting.of_deployment(made)
    assert found is not None
    assert found.hopeless
    assert "exceeded quota" in found.sentence
    made["status"]["observedGeneration"] = 1
    unseen = waiting.of_deployment(made)
    assert unseen is not None
    assert not unseen.hopeless
