"""``ksimage watch`` while the cluster below it fails: API server, kubelet, container, disk."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import PurePosixPath
from typing import Any, Literal

import pytest
from tests.cluster import manifests
from tests.support import nodes
from tests.support.cluster import Images, Installation
from tests.support.watching import documents, started

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400, func_only=True)]

UPSTREAMS: manifests.Shape = "v3.3.2"
RESULTS = PurePosixPath("/kubesphere/results")


def _event_names(installation: Installation) -> int:
    listed = installation.kubectl(
        "exec", installation.running(), "--", "find", str(RESULTS), "-name", "*-*.json"
    )
    return len([line for line in listed.splitlines() if "partial" not in line])


@pytest.mark.disturbs_the_cluster
@pytest.mark.parametrize("component", ["apiserver", "kubelet"])
def test_a_part_of_the_cluster_that_is_killed_costs_no_event(
    installation: Installation, images: Images, component: Literal["apiserver", "kubelet"]
) -> None:
    installation.deploy(images.patched, {"monitoring": {"seconds": 12}}, UPSTREAMS)
    installation.running()
    came: Counter[tuple[str, int]] = Counter()
    kinds: Counter[str] = Counter()
    end: dict[str, Any] = {}
    with started(installation, "--output", "json") as process:
        for document in documents(process):
            kinds[document["type"]] += 1
            if document["type"] == "event":
                came[document["run"] or document["component"], document["counter"]] += 1
            if document["type"] == "live" and kinds["live"] == 1:
                installation.bed.kill(component)
                time.sleep(2)
                installation.bed.start(component)
            end = document
        assert process.wait() == 0, end
    assert kinds["lost"] >= 1
    assert kinds["connected"] >= 2
    assert (end["outcome"], end["attempts"]) == ("success", 1)
    assert set(came.values()) == {1}
    assert end["events"] == sum(came.values()) <= _event_names(installation)


def test_a_container_that_is_killed_in_place_is_another_start(
    installation: Installation, images: Images
) -> None:
    installation.deploy(images.patched, {"monitoring": {"seconds": 8}}, UPSTREAMS)
    pod = installation.running()
    seen: list[int] = []
    boots: set[str] = set()
    end: dict[str, Any] = {}
    with started(installation, "--output", "json") as process:
        for document in documents(process):
            if document["type"] == "connected":
                boots.add(document["boot"])
            if document["type"] == "event":
                if not seen:
                    nodes.kill(installation.bed, nodes.container_id(installation.pods()[0]))
                seen.append(document["attempt"])
            end = document
        assert process.wait() == 0, end
    assert seen == sorted(seen)
    assert set(seen) == {1, 2}
    assert {boot.partition("/")[0] for boot in boots} == {pod}
    assert len(boots) == 2
    assert (end["outcome"], end["attempts"]) == ("success", 2)


def test_a_disk_that_is_full_in_the_pod_is_no_success_until_there_is_room(
    installation: Installation, images: Images
) -> None:
    installation.deploy(images.patched, None, UPSTREAMS)
    installation.running()
    container = nodes.container_id(installation.pods()[0])
    nodes.limit_disk(installation.bed, container, RESULTS, "48k")
    spec = {"monitoring": {"seconds": 2}}
    installation.apply(manifests.configuration(installation.namespace, "v3.3.2", spec))
    roomy = False
    end: dict[str, Any] = {}
    with started(installation, "--output", "json") as process:
        for document in documents(process):
            print(document)
            if document["type"] == "live" and not roomy:
                roomy = True
                installation.until(lambda: _full(installation), "a full disk")
                time.sleep(8)
                assert process.poll() is None
                nodes.limit_disk(installation.bed, container, RESULTS, "64m")
            end = document
        process.wait()
    assert end["outcome"] == "success", end


def _full(installation: Installation) -> bool:
    told = installation.kubectl(
        "exec", installation.running(), "--", "stat", "-f", "-c", "%a", str(RESULTS)
    )
    return int(told) == 0
