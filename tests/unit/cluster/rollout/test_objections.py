"""What speaks against a rollout."""

from __future__ import annotations

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
from ksimage.cluster.rollout import leftovers, objections, record
from ksimage.cluster.rollout.leftovers import Leftovers
from ksimage.cluster.rollout.plan import Situation
from ksimage.cluster.state import Playbook

NODES = (Node("node1", "linux/amd64", True, ()),)


def situation(**changes: Any) -> Situation:
    found = changes.pop("installer", installer(deployment(), configuration()))
    values: dict[str, Any] = {"nodes": NODES, "seen": state(), "left": Leftovers(), **changes}
    return Situation(found, **values)


def against(found: Situation, **changes: Any) -> str:
    return "\n".join(objections.weigh(candidate(**changes), found, "new").against)


def test_nothing_speaks_against_a_proven_build() -> None:
    assert against(situation()) == ""


def test_each_objection() -> None:
    assert "not proven: why" in against(situation(), doubts=("why",))
    arm = (Node("node2", "linux/arm64", True, ()),)
    assert "nodes are linux/arm64" in against(situation(nodes=arm))
    cordoned = (*NODES, Node("node2", "linux/arm64", False, ()))
    assert against(situation(nodes=cordoned)) == ""
    assert "the image's v3.4.1" in against(situation(), release="v3.4.1")
    paused = deployment()
    paused["spec"]["paused"] = True
    found = situation(installer=installer(paused, configuration()))
    assert "is paused" in against(found)
    mounted = leftovers.Leftovers(foreign=("/hooks from the volume x",))
    assert "over the hook" in against(situation(left=mounted))
    assert "is not known: why" in against(situation(seen=None, unseen="why"))


def test_an_installation_that_runs_is_told_with_its_component_and_since() -> None:
    seen = state(now=4000.0, busy_since=3700.0, playbooks=(Playbook("monitoring", 3800.0),))
    sentence = objections.busy_sentence(seen)
    assert sentence == "an installation runs since 01:01:40 UTC (5 min 0 s), now: monitoring"
    weighed = objections.weigh(candidate(), situation(seen=seen), "new")
    assert weighed.busy
    assert weighed.against == (sentence,)


def test_nodes_that_may_not_be_listed_are_a_note() -> None:
    weighed = objections.weigh(candidate(), situation(nodes=None), "new")
    assert not weighed.against
    assert "may not be listed" in weighed.notes[0]


def test_another_rollout_that_has_not_come_to_its_end() -> None:
    other = f"harbor.lan/kubesphereio/ks-installer@{DIGEST}"
    made = record.make(installer(), other, "", Leftovers())
    found = deployment(other, annotations={ANNOTATION: made.annotation()})
    assert objections.under_way(installer(found), "mine") == ""
    found["status"]["availableReplicas"] = 0
    assert "is under way" in objections.under_way(installer(found), "mine")
    assert objections.under_way(installer(found), other) == ""


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
    assert objections.cluster_release(installer(deployment(image), made)) == release
