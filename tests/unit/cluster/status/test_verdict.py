"""What a status comes to: what is wrong, which level is in force, what the marker means."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.cluster.objects_of import (
    HELD,
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

from ksimage.cluster.image.registry import TagMeaning
from ksimage.cluster.status import verdict
from ksimage.cluster.status.overview import Status
from ksimage.inspection.identity import Origin

LEVEL = {"KS_INSTALLER_VERBOSITY": "4"}
OTHER = f"sha256:{'d' * 64}"


def configured(level: object) -> Status:
    found = configuration(spec={"debug": {"verbosity": level}})
    return status(installer=installer(deployment(), found, pod()))


@pytest.mark.parametrize(
    ("found", "level", "source"),
    [
        (status(seen=state(env=LEVEL)), 4, "KS_INSTALLER_VERBOSITY of the image"),
        (
            status(seen=state(env=LEVEL), held=HELD._replace(verbosity="1")),
            4,
            "KS_INSTALLER_VERBOSITY of the Deployment or the image",
        ),
        (status(seen=state(env={})), 0, "KS_INSTALLER_VERBOSITY is not set"),
        (status(seen=state(env={"KS_INSTALLER_VERBOSITY": "x"})), 0, "is not set"),
        (configured(2), 2, "spec.debug.verbosity"),
        (configured("9"), 5, "spec.debug.verbosity"),
        (configured(-3), 0, "spec.debug.verbosity"),
        (configured(True), 4, "of the image"),  # as if it were absent
        (status(seen=None), None, "while no container runs"),
        (status(identity=PRISTINE), None, "upstream's hook is quiet"),
        (status(identity=OURS._replace(origin=Origin.FOREIGN)), None, "not a build of ksimage"),
    ],
)
def test_the_level_in_force(found: Status, level: int | None, source: str) -> None:
    told = verdict.verbosity(found)
    assert told.level == level
    assert source in told.source


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (None, "not known"),
        (state(marker=None), "kk waits, or gives up after two hours"),
        (state(marker=5.0), "there, and true"),
        (state(marker=5.0, busy_since=50.0), "of an earlier run"),
        (state(marker=5.0, steps=(step("monitoring", 2),)), "although monitoring failed"),
    ],
)
def test_kubekeys_marker(seen: Any, words: str) -> None:
    assert words in verdict.marker(status(seen=seen))


def test_a_stale_copy() -> None:
    now = HELD._replace(digest=OTHER, ids=frozenset({OTHER}))
    judged = verdict.judge(status(tag=TagMeaning("v3.3.2", now)))
    assert judged.problems == (
        f"the node runs a stale copy: v3.3.2 is {OTHER} in the registry now",
    )
    assert judged.advice == ("ksimage rollout",)


def test_two_installers_and_a_second_hook() -> None:
    two = installer(deployment(), configuration(), pod("one"), pod("two"))
    judged = verdict.judge(status(installer=two, seen=state(stray=("old.orig",))))
    assert "two installers run at once: two as well" in judged.problems
    assert "a second hook: shell-operator runs old.orig too" in judged.problems


def test_a_hook_that_was_changed_is_built_anew() -> None:
    judged = verdict.judge(status(identity=OURS._replace(origin=Origin.TAMPERED)))
    assert judged.problems[0].startswith("the hook was changed")
    assert judged.advice[0] == (
        "ksimage build v3.3.2 --verbose --from harbor.lan/kubesphereio/ks-installer --push"
    )


@pytest.mark.parametrize(
    "image",
    ["kubesphere/ks-installer:v3.3.2", "harbor.lan/p/another:v3.3.2", "no reference", "", "a:b/@"],
)
def test_a_base_is_not_guessed(image: str) -> None:
    found = installer(deployment(image=image), configuration(), pod())
    judged = verdict.judge(status(installer=found, identity=PRISTINE))
    assert judged.advice[0] == "ksimage build v3.3.2 --verbose --push"


def test_while_it_works_there_is_nothing_but_watching() -> None:
    seen = state(steps=(step("monitoring", 2),), busy_since=0.5)
    judged = verdict.judge(status(seen=seen))
    assert judged.problems == ()
    assert judged.advice == ("ksimage watch",)


def test_components_with_what_the_status_says_of_them() -> None:
    spec = {"devops": {"enabled": False}, "etcd": {"port": 1}, "alerting": {"enabled": True}}
    told = {"alerting": {"status": "enabled"}, "monitoring": {"status": 7}}
    found = configuration(spec=spec, status=told)
    assert verdict.components(status(installer=installer(None, found))) == [
        ("alerting", True, "enabled"), ("devops", False, ""), ("monitoring", True, ""),
    ]  # fmt: skip
