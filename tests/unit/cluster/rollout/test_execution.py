"""Waiting and insisting, against a kubectl that answers from a script, one answer a call.

The real thing is in tests/e2e; here come the answers that a real cluster gives rarely.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cluster.objects_of import (
    DIGEST,
    candidate,
    configuration,
    deployment,
    installer,
    pod_object,
)

from ksimage.cluster.installer import ANNOTATION, Pod, read_pod
from ksimage.cluster.kubectl import Kubectl, KubectlOptions
from ksimage.cluster.rollout import execution, record
from ksimage.cluster.rollout import plan as rollout
from ksimage.cluster.rollout.leftovers import Leftovers
from ksimage.cluster.rollout.plan import Goal, Situation
from ksimage.errors import (
    ClusterConflict,
    ClusterUnreachable,
    RolloutOvertaken,
    RolloutStuck,
    RolloutTimedOut,
)

NEW = f"harbor.lan/kubesphereio/ks-installer@{DIGEST}"
REFUSED = "The connection to the server x was refused - did you specify the right host or port?"
CONFLICT = "Error from server (Conflict): the object has been modified"

_SCRIPT = """\
#!{python}
import json, pathlib, sys
place = pathlib.Path({folder!r})
words = sys.argv[1:]
kinds = ("pods", "clusterconfigurations", "patch", "deployment")
kind = next(kind for kind in kinds if kind in "".join(words))
answers = json.loads((place / "answers.json").read_text())[kind]
counter = place / kind
number = len(counter.read_text()) if counter.exists() else 0
counter.write_text("." * (number + 1))
answer = answers[min(number, len(answers) - 1)]
if isinstance(answer, str):
    sys.exit(answer)
print(json.dumps(answer))
"""


class Script:
    """A kubectl; ``pods``, ``deployment`` and ``patch`` are answers in turn, the last for ever."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = folder / "kubectl"
        path.write_text(_SCRIPT.format(python=sys.executable, folder=str(folder)))
        path.chmod(0o755)
        self.kubectl = Kubectl(KubectlOptions(program=str(path)))

    def answers(self, **kinds: list[Any]) -> None:
        missing = "Error from server (NotFound): not found"
        usual = {"clusterconfigurations": [missing], "pods": [pods()], "patch": [{}]}
        (self.folder / "answers.json").write_text(json.dumps({**usual, **kinds}))

    def calls(self, kind: str) -> int:
        path = self.folder / kind
        return len(path.read_text()) if path.exists() else 0


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    monkeypatch.setattr(execution, "POLL", 0.01)
    return Script(tmp_path)


def pods(*items: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "List", "items": list(items)}


def pod(name: str, rollout: str = "", **state: Any) -> dict[str, Any]:
    made = pod_object(name, **state)
    made["metadata"]["annotations"] = {ANNOTATION: rollout}
    return made


def planned() -> rollout.RolloutPlan:
    found = installer(deployment(), configuration())
    return rollout.plan(candidate(), Situation(found, (), None, Leftovers()))


def rolled_out(plan: rollout.RolloutPlan, **metadata: Any) -> dict[str, Any]:
    return deployment(NEW, annotations={ANNOTATION: plan.record.annotation()}, **metadata)


def test_it_waits_through_everything_that_passes(script: Script) -> None:
    plan = planned()
    mine = plan.record.id
    creating = {"reason": "ContainerCreating"}
    script.answers(
        deployment=[rolled_out(plan)],
        pods=[
            pods(pod("old")), REFUSED, "Error from server (ServiceUnavailable): x", pods(),
            pods(), pods(pod("new", mine, waiting=creating)), pods(pod("new", mine)),
        ],
    )  # fmt: skip
    said: list[str] = []
    found = execution.wait(script.kubectl, plan.goal, said.append, seconds=30)
    assert found.name == "new"
    told = "\n".join(said)
    assert "pod old has to end first" in told
    assert "the API server does not answer" in told
    assert "no pod has been made yet" in told
    assert "ContainerCreating" in told


def test_it_ends_where_waiting_is_hopeless(script: Script) -> None:
    plan = planned()
    reason = {"reason": "ErrImagePull", "message": "harbor.lan/x: not found"}
    script.answers(
        deployment=[rolled_out(plan)], pods=[pods(pod("new", plan.record.id, waiting=reason))]
    )
    with pytest.raises(RolloutStuck) as caught:
        execution.wait(script.kubectl, plan.goal, lambda _: None, seconds=30)
    assert "not found" in caught.value.why
    assert "no installer" in caught.value.why


def test_a_time_out_tells_the_last_reason_and_what_goes_on(script: Script) -> None:
    plan = planned()
    reason = {"reason": "ContainerCreating"}
    script.answers(
        deployment=[rolled_out(plan)], pods=[pods(pod("new", plan.record.id, waiting=reason))]
    )
    with pytest.raises(RolloutTimedOut) as caught:
        execution.wait(script.kubectl, plan.goal, lambda _: None, seconds=0.2)
    assert "ContainerCreating" in caught.value.why
    assert "goes on trying" in caught.value.why


def test_another_rollout_in_between_is_told(script: Script) -> None:
    plan, theirs = planned(), planned()
    theirs = theirs.__class__(**{**theirs.__dict__, "record": theirs.record._replace(by="ann@b")})
    script.answers(deployment=[rolled_out(theirs)], pods=[pods()])
    with pytest.raises(RolloutOvertaken) as caught:
        execution.wait(script.kubectl, plan.goal, lambda _: None, seconds=30)
    assert "ann@b" in caught.value.message
    script.answers(deployment=[deployment("kubekeys")], pods=[pods()])
    with pytest.raises(RolloutOvertaken):
        execution.wait(script.kubectl, plan.goal, lambda _: None, seconds=30)


def test_an_api_server_that_stays_away(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "PATIENCE", 0.1)
    script.answers(deployment=[REFUSED], pods=[REFUSED])
    with pytest.raises(ClusterUnreachable):
        execution.wait(script.kubectl, Goal("x", "y", "z"), lambda _: None, seconds=30)


def test_a_lock_that_only_a_status_has_moved_is_taken_anew(script: Script) -> None:
    plan = planned()
    moved = deployment(resourceVersion="8")
    moved["status"]["conditions"] = [{"type": "Progressing"}]
    new = pods(pod("new", plan.record.id))
    script.answers(deployment=[moved], patch=[CONFLICT, {}], pods=[new])
    execution.carry_out(script.kubectl, plan, lambda _: None, seconds=30)
    assert script.calls("patch") == 2


def test_somebody_elses_change_wins(script: Script) -> None:
    script.answers(deployment=[deployment(generation=3, resourceVersion="8")], patch=[CONFLICT])
    with pytest.raises(ClusterConflict):
        execution.carry_out(script.kubectl, planned(), lambda _: None, seconds=30)
    assert script.calls("patch") == 1


def test_whether_a_cut_patch_has_arrived_is_looked_at(script: Script) -> None:
    plan = planned()
    new = pods(pod("new", plan.record.id))
    arrived = rolled_out(plan, generation=3, resourceVersion="9")
    script.answers(deployment=[REFUSED, arrived], patch=[REFUSED], pods=[new])
    execution.carry_out(script.kubectl, plan, lambda _: None, seconds=30)
    assert script.calls("patch") == 1


def test_one_that_has_not_arrived_is_sent_again(script: Script) -> None:
    plan = planned()
    new = pods(pod("new", plan.record.id))
    script.answers(deployment=[deployment()], patch=[REFUSED, {}], pods=[new])
    execution.carry_out(script.kubectl, plan, lambda _: None, seconds=30)
    assert script.calls("patch") == 2


def test_in_two_steps_nothing_runs_in_between(script: Script) -> None:
    found = installer(deployment(), configuration())
    plan = rollout.plan(candidate(), Situation(found, (), None, Leftovers()), way="scale")
    new = pods(pod("new", plan.record.id))
    script.answers(deployment=[deployment()], pods=[pods(pod("old")), pods(), new])
    said: list[str] = []
    execution.carry_out(script.kubectl, plan, said.append, seconds=30)
    assert said == ["stop the installer", "pod old has to end first", "set the image, start it"]
    assert script.calls("patch") == 2


def test_nothing_to_do() -> None:
    plan = planned()
    found = installer(rolled_out(plan), configuration())
    again = rollout.plan(candidate(), Situation(found, (), None, Leftovers()))
    assert again.commands == ()
    assert again.record == plan.record
    stopped = rolled_out(plan)
    stopped["spec"]["replicas"] = 0
    once_more = rollout.plan(candidate(), Situation(installer(stopped), (), None, Leftovers()))
    assert len(once_more.commands) == 1


def test_a_tag_that_means_something_else_by_now_is_pulled_anew() -> None:
    tag = "harbor.lan/kubesphereio/ks-installer:v3.3.2-debug"
    first = rollout.plan(candidate(), Situation(installer(), (), None, Leftovers()), image=tag)
    found = deployment(tag, annotations={ANNOTATION: first.record.annotation()})
    stale = pods_of("x", f"harbor.lan/kubesphereio/ks-installer@sha256:{'c' * 64}")
    fresh = pods_of("x", f"harbor.lan/kubesphereio/ks-installer@{DIGEST}")
    for pod, commands in ((stale, 1), (fresh, 0)):
        situation = Situation(installer(found, None, pod), (), None, Leftovers())
        assert len(rollout.plan(candidate(), situation, image=tag).commands) == commands


def pods_of(name: str, image_id: str) -> Pod:
    return read_pod(pod_object(name))._replace(image_id=image_id)


def test_the_other_way_and_the_verbosity() -> None:
    plan = rollout.with_verbosity(planned(), 4)
    assert [command.why for command in rollout.other_way(plan).commands] == [
        "stop the installer", "set the image, start it",
    ]  # fmt: skip
    assert rollout.other_way(plan).extra == plan.extra
    assert record.parse(plan.record.annotation()) == plan.record
