"""What an undo plans, by what the Deployment has become."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.cluster.objects_of import DIGEST, IMAGE, configuration, deployment, installer

from ksimage.cluster.installer import ANNOTATION, Installer
from ksimage.cluster.rollout import configuration as configurations
from ksimage.cluster.rollout import record, undo
from ksimage.cluster.rollout.leftovers import Leftovers
from ksimage.errors import RolloutNothingToUndo

NEW = f"harbor.lan/kubesphereio/ks-installer@{DIGEST}"
HOOK = Leftovers(
    mounts=({"name": "ksimage-hook", "mountPath": "/hooks/kubesphere/installRunner.py"},),
    volumes=({"name": "ksimage-hook", "configMap": {"name": "ksimage-hook-1"}},),
)


def rolled_out(image: str = NEW, added: Leftovers = HOOK, **more: Any) -> Installer:
    made = record.make(installer(), NEW, "Always", Leftovers(), added)
    found = deployment(image, annotations={ANNOTATION: made.annotation()})
    return installer(found, configuration(**more))


def patched(command: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(command.words[-1].removeprefix("--patch="))
    return found


def test_the_image_of_before_comes_back_then_the_strategy() -> None:
    planned = undo.plan(rolled_out(added=Leftovers()), "here")
    assert planned.image == IMAGE
    assert planned.restart is not None
    assert patched(planned.restart)["spec"]["strategy"]["type"] == "Recreate"
    assert patched(planned.finish)["spec"]["strategy"]["type"] == "RollingUpdate"
    assert planned.removal is None
    goal = undo.goal(planned)
    assert (goal.rollout, goal.image, goal.record) == ("", IMAGE, planned.made.id)


def test_kubekeys_own_image_stays() -> None:
    for image in (IMAGE, "harbor.lan/kubesphereio/ks-installer:v3.4.1"):
        planned = undo.plan(rolled_out(image, Leftovers()), "here")
        assert planned.image == image
        assert planned.restart is None
        assert len(planned.notes) == 1


def test_a_mounted_hook_goes_even_when_kubekey_has_set_another_image() -> None:
    other = "harbor.lan/kubesphereio/ks-installer:v3.4.1"
    found = rolled_out(other)
    deployed: Any = found.deployment
    pod = deployed["spec"]["template"]["spec"]
    pod["volumes"] += list(HOOK.volumes)
    pod["containers"][0]["volumeMounts"] += list(HOOK.mounts)
    planned = undo.plan(found, "here")
    assert planned.restart is not None
    container = patched(planned.restart)["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == other
    assert container["volumeMounts"][0]["$patch"] == "delete"
    assert planned.removal is not None
    assert planned.removal.words[:3] == ("delete", "configmap", "ksimage-hook-1")


def test_without_a_record_there_is_nothing_but_perhaps_the_verbosity() -> None:
    with pytest.raises(RolloutNothingToUndo):
        undo.plan(installer(), "here")
    assert undo.verbosity_alone(installer()) is None
    before = configuration()
    changed = json.loads(
        configurations.verbosity(installer(None, before), 4).words[-1].removeprefix("--patch=")
    )
    before["metadata"]["annotations"] = changed["metadata"]["annotations"]
    before["spec"] = changed["spec"]
    assert undo.verbosity_alone(installer(None, before)) is not None


def test_once_more_only_where_it_has_not_arrived() -> None:
    made = record.read(rolled_out())
    assert made is not None
    assert undo.restart_again(rolled_out(), made) is not None
    assert undo.restart_again(rolled_out(IMAGE), made) is None
    assert undo.finish_again(installer(), made) is None
