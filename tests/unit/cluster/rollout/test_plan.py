"""What is planned; nothing here runs a command."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.cluster.objects_of import (
    DIGEST,
    candidate,
    configuration,
    deployment,
    installer,
    state,
)

from ksimage.cluster.installer import ANNOTATION
from ksimage.cluster.kubectl import Command
from ksimage.cluster.rollout import plan as rollout
from ksimage.cluster.rollout.leftovers import Leftovers
from ksimage.cluster.rollout.plan import Situation
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
