"""The patches' text. What an API server makes of them is tested on a real one (tests/e2e)."""

from __future__ import annotations

import json

from tests.support.documents import read
from tests.unit.cluster.objects_of import DIGEST, IMAGE, deployment, installer

from ksimage.cluster.installer import ANNOTATION
from ksimage.cluster.rollout import patch, record
from ksimage.cluster.rollout.leftovers import Leftovers

NEW = f"harbor.lan/kubesphereio/ks-installer@{DIGEST}"
ENV = {"name": "KS_INSTALLER_VERBOSITY", "value": "4"}
MOUNT = {"name": "ksimage-hook", "mountPath": "/hooks/kubesphere/installRunner.py"}
VOLUME = {"name": "ksimage-hook", "configMap": {"name": "ksimage-hook-1"}}
HOOK = ("io.ksimage.hook.after", "abc")
LEFT = Leftovers((ENV,), (MOUNT,), (VOLUME,), (HOOK,))


def test_everything_changes_at_once_and_under_a_lock() -> None:
    made = record.make(installer(), NEW, "IfNotPresent", LEFT)
    found = read(patch.rollout(deployment(), "installer", made, LEFT))
    assert found["metadata"]["resourceVersion"] == "7"
    assert record.parse(found["metadata"]["annotations"][ANNOTATION]) == made
    assert found["spec"]["strategy"] == {"$retainKeys": ["type"], "type": "Recreate"}
    assert found["spec"]["replicas"] == 1
    pod = found["spec"]["template"]
    assert pod["metadata"]["annotations"] == {ANNOTATION: made.id, HOOK[0]: None}
    (container,) = pod["spec"]["containers"]
    assert (container["image"], container["imagePullPolicy"]) == (NEW, "IfNotPresent")
    assert container["env"] == [{"$patch": "delete", "name": ENV["name"]}]
    assert container["volumeMounts"] == [{"$patch": "delete", "mountPath": MOUNT["mountPath"]}]
    assert pod["spec"]["volumes"] == [{"$patch": "delete", "name": "ksimage-hook"}]


def test_putting_back_brings_what_was_removed_and_removes_what_was_added() -> None:
    made = record.make(installer(), NEW, "Always", LEFT)
    found = read(patch.put_back(deployment(NEW), "installer", made, None))
    pod = found["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    assert container["image"] == IMAGE
    assert container["env"] == [ENV]
    assert pod["metadata"]["annotations"] == {ANNOTATION: None, HOOK[0]: HOOK[1]}
    assert found["spec"]["strategy"]["type"] == "Recreate"

    other = record.make(installer(), NEW, "Always", Leftovers(), LEFT)
    found = read(patch.put_back(deployment(NEW), "installer", other, "earlier"))
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [{"$patch": "delete", "name": ENV["name"]}]
    annotations = found["spec"]["template"]["metadata"]["annotations"]
    assert annotations == {ANNOTATION: "earlier", HOOK[0]: None}


def test_one_hook_in_the_place_of_another_is_merged_not_deleted() -> None:
    newer = Leftovers((ENV,), (MOUNT,), ({**VOLUME, "configMap": {"name": "ksimage-hook-2"}},))
    made = record.make(installer(), IMAGE, "", LEFT, newer)
    found = read(patch.rollout(deployment(), "installer", made, LEFT))
    volumes = found["spec"]["template"]["spec"]["volumes"]
    assert volumes == [{"name": "ksimage-hook", "configMap": {"name": "ksimage-hook-2"}}]


def test_the_end_of_an_undo_restarts_nothing() -> None:
    made = record.make(installer(), NEW, "", Leftovers())
    found = read(patch.finished(deployment(), made, None))
    assert "template" not in found["spec"]
    assert found["spec"]["strategy"] == {
        "$retainKeys": ["rollingUpdate", "type"],
        **deployment()["spec"]["strategy"],
    }
    assert found["metadata"]["annotations"] == {ANNOTATION: None}


def test_in_two_steps_the_record_comes_first() -> None:
    made = record.make(installer(), NEW, "", Leftovers())
    stopped = read(patch.stopped(deployment(), made))
    assert stopped["spec"] == {"replicas": 0}
    assert record.parse(stopped["metadata"]["annotations"][ANNOTATION]) == made
    rest = read(patch.without_strategy(patch.rollout(deployment(), "installer", made, Leftovers())))
    assert "strategy" not in rest["spec"]
    assert "resourceVersion" not in rest["metadata"]
    assert rest["spec"]["replicas"] == 1


def test_a_patch_is_strategic_and_one_word() -> None:
    document = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    command = patch.as_command(document, "stop it")
    assert command.words[:4] == ("patch", "deployment.apps", "ks-installer", "--type=strategic")
    assert json.loads(command.words[4].removeprefix("--patch=")) == document
    assert " " not in command.words[4]
