from __future__ import annotations

import math

import pytest
from tests.support.attempts import BEGAN, attempt, run, task, whole

from ksimage.events.model import Attempt, Event
from ksimage.timeline.lanes import PARALLEL, PHASE_ORDER, Span, lanes, phase_of


def test_components_stand_in_the_order_of_the_phases() -> None:
    names = ("result-info", "b", "a", "preinstall")
    found = lanes(attempt(*(run(name, task(name, 9, 1)) for name in names)))
    assert [lane.component for lane in found] == ["preinstall", "a", "b", "result-info"]


def test_of_several_runs_the_last_one_counts() -> None:
    (lane,) = lanes(
        attempt(run("common", task("second", 50, 5)), run("common", task("first", 0, 7)))
    )
    assert [bar.task.name for bar in lane.bars] == ["first", "second"]
    assert [bar.task.name for bar in lane.current] == ["second"]
    assert lane.span == Span(BEGAN + 50, BEGAN + 55)
    assert lane.first == BEGAN
    assert len(lane.runs) == 2


def test_a_running_task_lasts_until_its_runs_last_sign_of_life() -> None:
    one = run("common", task("waits", 3, None, "running"), state="running")
    one.events.append(Event(BEGAN + 20, "runner_retry", 9, "retry", one.tasks[0], ""))
    (lane,) = lanes(attempt(one))
    assert lane.current[0].seconds == 17


@pytest.mark.parametrize("wrong", [-62_135_596_800.0, 253_402_300_799.0, math.inf, math.nan, None])
def test_impossible_times_are_left_out(wrong: float | None) -> None:
    installed = whole()
    installed.runs[0].events.append(Event(wrong, "runner_on_ok", 99, "ok", None, ""))
    installed.runs[0].tasks.append(task("Odd", 0, 1))
    installed.runs[0].tasks[-1].start = wrong
    lane = lanes(installed)[0]
    assert [bar.task.name for bar in lane.bars] == ["Prepare"]
    assert lane.span == Span(BEGAN, BEGAN + 10)
    assert len(lane.events) == 2


def test_a_wrong_end_makes_no_long_bar() -> None:
    odd = task("Odd", 0, 1)
    odd.end = BEGAN - 5
    (lane,) = lanes(attempt(run("common", odd, task("next", 2, 1))))
    assert lane.bars[0].seconds == 0


def test_nothing_has_no_lanes() -> None:
    assert lanes(Attempt()) == []
    assert lanes(attempt(run("common"))) == []


def test_retries_are_added_up() -> None:
    monitoring = next(lane for lane in lanes(whole()) if lane.component == "monitoring")
    assert monitoring.retries == 3
    assert monitoring.retrying == 8


def test_a_hostile_component_is_fit_for_showing() -> None:
    (lane,) = lanes(attempt(run("../\x1b[31m\u202ex", task("t", 0, 1))))
    assert lane.component == "../·x"


def test_the_installers_folders_have_their_phases() -> None:
    folders = ("preinstall", "metrics_server", "common", "ks-core", "ks-config-early", "ks-config",
               "result-info")  # fmt: skip
    assert [phase_of(folder) for folder in folders] == [
        phase for phase in PHASE_ORDER if phase not in (PARALLEL, "after")
    ]
    assert phase_of("ks-migration") == phase_of("telemetry") == "after"


def test_any_other_is_a_component() -> None:
    assert phase_of("monitoring") == phase_of("../../x") == PARALLEL
