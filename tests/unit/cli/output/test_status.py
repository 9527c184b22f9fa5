"""The screen and the document of `ksimage status`, and what they come to."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.cli.output.test_documents import DOCUMENTED, differences
from tests.unit.cluster.objects_of import (
    IMAGE,
    OURS,
    PRISTINE,
    configuration,
    deployment,
    installer,
    pod,
    state,
    status,
    step,
)

from ksimage.cli.output import status as output
from ksimage.cluster.image.registry import Held, TagMeaning
from ksimage.cluster.rollout.leftovers import Leftovers
from ksimage.cluster.state import Failure, Playbook
from ksimage.cluster.status import verdict
from ksimage.cluster.status.overview import Status
from ksimage.inspection.identity import Origin


def screen(found: Status) -> str:
    return "\n".join(output.lines(found, verdict.judge(found)))


FAILED = step("monitoring", 2, failure=Failure("monitoring | helm", "first\nno route"))


def test_the_document_has_the_documented_keys() -> None:
    seen = state(steps=(FAILED,), marker=5.0, playbooks=(Playbook("x", 1.0),), busy_since=0.5)
    found = status(seen=seen)
    written = {"schema": "ksimage/v1", **output.document(found, verdict.judge(found))}
    assert differences(written, DOCUMENTED["status"]) == []
    empty = status(seen=None, unseen="why", held=None, tag=None, identity=None)
    written = {"schema": "ksimage/v1", **output.document(empty, verdict.judge(empty))}
    assert differences(written, DOCUMENTED["status"]) == []


def test_one_that_is_well() -> None:
    found = status()
    assert verdict.judge(found) == ((), ())
    told = screen(found)
    assert "verbosity  4, from KS_INSTALLER_VERBOSITY of the image" in told
    assert "v3.3.2 still means this image" in told
    assert "marker there, and true" in told


def test_the_last_failure_in_two_lines() -> None:
    found = status(seen=state(steps=(FAILED,), marker=5.0))
    told = screen(found)
    assert "failed     monitoring: monitoring | helm\n           no route\n" in told
    assert "kk says Welcome although monitoring failed" in told
    judged = verdict.judge(found)
    assert judged.problems == ("monitoring failed",)
    assert "ksimage rollout --component monitoring" in judged.advice


def test_a_failure_of_an_earlier_run_is_not_told_while_another_runs() -> None:
    seen = state(steps=(FAILED,), busy_since=50.0, playbooks=(Playbook("common", 60.0),))
    told = screen(status(seen=seen))
    assert "failed" not in told
    assert "common for 40 s" in told
    assert "next       ksimage watch" in told


def test_each_problem() -> None:
    def problems(**changes: Any) -> str:
        return "; ".join(verdict.judge(status(**changes)).problems)

    other = Held("sha256:" + "c" * 64, frozenset({"sha256:" + "c" * 64}), {}, None)
    assert "stale copy" in problems(tag=TagMeaning("v3.3.2", other))
    assert "second hook" in problems(seen=state(stray=("/hooks/x.orig",)))
    two = installer(deployment(), configuration(), pod(), pod("ks-installer-2"))
    assert "two installers" in problems(installer=two)
    assert "mounted over the hook: x" in problems(left=Leftovers(foreign=("x",)))
    assert problems(seen=None, unseen="pod x: ErrImagePull") == "pod x: ErrImagePull"
    moved = installer(deployment("other"), configuration(), pod())
    assert "asks for another image" in problems(installer=moved)
    assert "hook was changed" in problems(identity=OURS._replace(origin=Origin.TAMPERED))


@pytest.mark.parametrize(
    ("spec", "env", "level"),
    [
        ({"debug": {"verbosity": 2}}, "4", 2),
        ({"debug": {"verbosity": "9"}}, "4", 5),
        ({"debug": {"verbosity": True}}, "4", 4),
        ({"debug": {"verbosity": "x"}}, "4", 4),
        ({}, "3", 3),
        ({}, None, 0),
    ],
)
def test_the_verbosity_is_the_hooks(spec: dict[str, Any], env: str | None, level: int) -> None:
    seen = state(env={} if env is None else {"KS_INSTALLER_VERBOSITY": env})
    found = status(seen=seen, installer=installer(deployment(), configuration(spec=spec), pod()))
    assert verdict.verbosity(found).level == level


def test_upstreams_hook_has_none() -> None:
    assert verdict.verbosity(status(identity=PRISTINE)).level is None


def test_hostile_text_stays_on_its_line() -> None:
    evil = "\x1b[2J\n::add-mask::x" + "y" * 500
    seen = state(steps=(FAILED._replace(task=evil, failure=Failure(evil, evil)),))
    found = status(seen=seen, installer=installer(deployment(evil), {}, pod()))
    for line in output.lines(found, verdict.judge(found)):
        assert line.isprintable()
        assert len(line) < 170
    assert IMAGE not in evil


def test_durations() -> None:
    assert [output.duration(s) for s in (0, 59, 60, 3599, 3600, 90_000)] == [
        "0 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "25 h 0 min",
    ]  # fmt: skip
