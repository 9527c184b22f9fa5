"""What is planned; nothing here runs a command."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.cluster.objects_of import (
    DIGEST,
    IMAGE,
    candidate,
    configuration,
    deployment,
    installer,
    state,
)

from ksimage.cluster.image.nodes import Node
from ksimage.cluster.installer import ANNOTATION
from ksimage.cluster.kubectl import Command
from ksimage.cluster.rollout import leftovers, record
from ksimage.cluster.rollout import plan as rollout
from ksimage.cluster.rollout.leftovers import Leftovers
from ksimage.cluster.rollout.plan import Situation
from ksimage.cluster.state import Playbook
from ksimage.errors import ClusterMissing

PINNED = f"harbor.lan/kubesphereio/ks-installer@{DIGEST}"
DONE = {"core": {"version": "v3.3.2"}, "monitoring": {"status": "enabled"}}


def situation(found: dict[str, Any] | None = None, configured: Any = None) -> Situation:
    return Situation(
        installer(found, configured or configuration(status=DONE)), (), state(), Leftovers()
    )


def patched(command: Command) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(command.words[-1].removeprefix("--patch="))
    return document


def test_one_patch_with_the_lock_and_the_record() -> None:
    plan = rollout.plan(candidate(), situation())
    (command,) = plan.commands
    document = patched(command)
    assert document["metadata"]["resourceVersion"] == "7"
    assert document["metadata"]["annotations"][ANNOTATION] == plan.record.annotation()
    assert document["spec"]["strategy"]["type"] == "Recreate"
    template = document["spec"]["template"]
    assert template["metadata"]["annotations"][ANNOTATION] == plan.record.id
    assert template["spec"]["containers"][0]["image"] == plan.image == PINNED
    assert plan.goal == (plan.record.id, PINNED, plan.record.id)
    assert plan.consequences


def test_asked_for_already_there_is_nothing_to_do() -> None:
    first = rollout.plan(candidate(), situation())
    found = deployment(PINNED, annotations={ANNOTATION: first.record.annotation()})
    again = rollout.plan(candidate(), situation(found))
    assert again.commands == ()
    assert again.consequences == ()
    assert again.goal == first.goal


@pytest.mark.parametrize("replicas", [0, 1])
def test_the_same_image_without_a_record_or_stopped_is_rolled_out(replicas: int) -> None:
    found = deployment(PINNED)
    if not replicas:
        first = rollout.plan(candidate(), situation())
        found["metadata"]["annotations"] = {ANNOTATION: first.record.annotation()}
    found["spec"]["replicas"] = replicas
    assert rollout.plan(candidate(), situation(found)).commands


def test_the_other_way_stops_it_first() -> None:
    stop, start = rollout.other_way(rollout.plan(candidate(), situation())).commands
    assert patched(stop)["spec"]["replicas"] == 0
    assert "strategy" not in patched(start)["spec"]


def test_the_verbosity_is_set_in_the_same_run() -> None:
    plan = rollout.with_verbosity(rollout.plan(candidate(), situation()), 3)
    (extra,) = plan.extra
    assert patched(extra)["spec"]["debug"]["verbosity"] == 3
    without = Situation(installer(), (), None, Leftovers())
    with pytest.raises(ClusterMissing):
        rollout.with_verbosity(rollout.plan(candidate(), without), 3)


NODES = (Node("node1", "linux/amd64", True, ()),)


def seen_as(**changes: Any) -> Situation:
    found = changes.pop("installer", installer(deployment(), configuration()))
    values: dict[str, Any] = {"nodes": NODES, "seen": state(), "left": Leftovers(), **changes}
    return Situation(found, **values)


def against(found: Situation, **changes: Any) -> str:
    return "\n".join(rollout.weigh(candidate(**changes), found, "new").against)


def test_nothing_speaks_against_a_proven_build() -> None:
    assert against(seen_as()) == ""


def test_each_objection() -> None:
    assert "not proven: why" in against(seen_as(), doubts=("why",))
    arm = (Node("node2", "linux/arm64", True, ()),)
    assert "nodes are linux/arm64" in against(seen_as(nodes=arm))
    cordoned = (*NODES, Node("node2", "linux/arm64", False, ()))
    assert against(seen_as(nodes=cordoned)) == ""
    assert "the image's v3.4.1" in against(seen_as(), release="v3.4.1")
    paused = deployment()
    paused["spec"]["paused"] = True
    found = seen_as(installer=installer(paused, configuration()))
    assert "is paused" in against(found)
    mounted = leftovers.Leftovers(foreign=("/hooks from the volume x",))
    assert "over the hook" in against(seen_as(left=mounted))
    assert "is not known: why" in against(seen_as(seen=None, unseen="why"))


def test_an_installation_that_runs_is_told_with_its_component_and_since() -> None:
    seen = state(now=4000.0, busy_since=3700.0, playbooks=(Playbook("monitoring", 3800.0),))
    sentence = rollout.busy_sentence(seen)
    assert sentence == "an installation runs since 01:01:40 UTC (5 min 0 s), now: monitoring"
    weighed = rollout.weigh(candidate(), seen_as(seen=seen), "new")
    assert weighed.busy
    assert weighed.against == (sentence,)


def test_nodes_that_may_not_be_listed_are_a_note() -> None:
    weighed = rollout.weigh(candidate(), seen_as(nodes=None), "new")
    assert not weighed.against
    assert "may not be listed" in weighed.notes[0]


def test_another_rollout_that_has_not_come_to_its_end() -> None:
    other = f"harbor.lan/kubesphereio/ks-installer@{DIGEST}"
    made = record.make(installer(), other, "", Leftovers())
    found = deployment(other, annotations={ANNOTATION: made.annotation()})
    assert rollout.under_way(installer(found), "mine") == ""
    found["status"]["availableReplicas"] = 0
    assert "is under way" in rollout.under_way(installer(found), "mine")
    assert rollout.under_way(installer(found), other) == ""


@pytest.mark.parametrize(
    ("label", "version", "image", "release"),
    [
        ("v3.3.2", "", IMAGE, "v3.3.2"),
        ("v3.3.2-debug", "", IMAGE, "v3.3.2"),
        ("", "v3.2.1", IMAGE, "v3.2.1"),
        ("", "", "localhost:5000/x/ks-installer:v3.4.1-debug", "v3.4.1"),
        ("", "", "localhost:5000/x/ks-installer:latest", ""),
        ("", "", f"localhost:5000/x/ks-installer@{DIGEST}", ""),
    ],
)
def test_the_clusters_release(label: str, version: str, image: str, release: str) -> None:
    made = configuration(label, status={"core": {"version": version}})
    assert rollout.cluster_release(installer(deployment(image), made)) == release
