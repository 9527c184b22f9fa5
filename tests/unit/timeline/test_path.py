from __future__ import annotations

from itertools import pairwise

import pytest
from tests.support.attempts import attempt, run, task, whole
from tests.support.installations import installation

from ksimage.timeline.lanes import lanes
from ksimage.timeline.path import critical


def test_it_goes_through_the_component_that_ended_last() -> None:
    path = critical(lanes(whole()))
    assert [lane.component for lane in path.lanes] == ["preinstall", "monitoring", "result-info"]
    assert [(step.bar.task.name if step.bar else "-", step.seconds) for step in path.steps] == [
        ("Prepare", 10),
        ("-", 2),
        ("Deploy", 8),
        ("-", 1),
        ("Import", 9),
        ("-", 2),
        ("Report", 8),
    ]
    assert path.complete
    assert path.runner_up is not None
    assert path.runner_up.component == "network"
    assert path.ahead == 13


def test_what_the_time_went_into() -> None:
    spent = critical(lanes(whole())).spent()
    assert spent == {"retries": 8, "loops": 0, "tasks": 27, "between": 5}


@pytest.mark.parametrize("seed", range(5))
def test_its_steps_follow_one_another_and_add_up(seed: int) -> None:
    path = critical(lanes(installation(seed=seed)))
    for before, after in pairwise(path.steps):
        assert 0 <= after.start - before.end <= 0.05
    assert sum(path.spent().values()) == pytest.approx(path.seconds, rel=0.02)
    assert path.slowest(1)[0].seconds == max(step.seconds for step in path.steps)


def test_of_two_hosts_the_slower_one_holds_up() -> None:
    path = critical(lanes(attempt(run("common", task("slow", 0, 9), task("fast", 0, 2)))))
    assert [step.bar.task.name for step in path.steps if step.bar] == ["fast", "slow"]
    assert path.seconds == 9


def test_it_ends_where_the_installation_is() -> None:
    path = critical(lanes(installation(unfinished=True)))
    assert not path.complete
    assert path.lanes[-1].phase == "components"


def test_nothing_has_no_path() -> None:
    path = critical([])
    assert (path.steps, path.seconds, path.complete) == ([], 0, False)
