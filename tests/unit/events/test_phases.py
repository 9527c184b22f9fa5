"""The order of work, and whether an installation has ended, and how."""

from __future__ import annotations

import pytest

from ksimage.events import phases
from ksimage.events.model import Attempt, Run, RunState, Stats, Task
from ksimage.events.phases import InstallationOutcome, cause, judge


def _runs(*names: str) -> list[Run]:
    return [Run(name, name, name, float(at)) for at, name in enumerate(names, 1)]


@pytest.mark.parametrize(
    ("names", "number", "left"),
    [
        ((), 1, ("components", "ks-config", "result-info")),
        (("preinstall", "ks-core"), 1, ("components", "ks-config", "result-info")),
        (("preinstall", "monitoring"), 2, ("ks-config", "result-info")),
        (("preinstall", "monitoring", "ks-config"), 3, ("result-info",)),
        (("preinstall", "ks-config", "result-info"), 4, ()),
        (("preinstall", "ks-config-early"), 1, ("components", "ks-config", "result-info")),
    ],
)
def test_where_an_installation_is(names: tuple[str, ...], number: int, left: object) -> None:
    found = phases.phase(_runs(*names))
    assert (found.number, found.left) == (number, left)


@pytest.mark.parametrize(
    ("component", "parallel", "fatal"),
    [
        ("preinstall", False, True),
        ("monitoring", True, False),
        ("result-info", False, True),
        ("telemetry", False, False),
        ("ks-config-early", False, False),
    ],
)
def test_whose_failure_ends_it(component: str, parallel: bool, fatal: bool) -> None:
    assert phases.is_parallel(component) is parallel
    assert phases.is_fatal(component) is fatal


def test_an_edit_of_the_configuration_begins_anew() -> None:
    runs = _runs("preinstall", "monitoring", "devops", "preinstall", "monitoring", "monitoring")
    found = phases.latest(runs)
    assert [run.component for run in found] == ["preinstall", "monitoring"]
    assert [run.start for run in found] == [4.0, 6.0]


def test_runs_whose_start_nobody_knows_come_last() -> None:
    runs = _runs("preinstall", "monitoring", "devops")
    runs[1].start = None
    assert [run.component for run in phases.latest(runs)] == ["preinstall", "devops", "monitoring"]


def test_a_preparation_without_a_time_hides_nothing() -> None:
    runs = _runs("preinstall", "monitoring", "result-info")
    timeless = _runs("preinstall", "devops")
    for run in (*timeless, runs[0]):
        run.start = None
    found = phases.latest([*runs[1:], runs[0]])
    assert [run.component for run in found] == ["monitoring", "result-info", "preinstall"]
    assert {run.component for run in phases.latest([timeless[1], runs[0]])} == {
        "devops",
        "preinstall",
    }
    known = _runs("preinstall", "result-info")
    found = phases.latest([*known, *timeless])
    assert [run.component for run in found] == ["preinstall", "devops"], "a second installation"


def _run(component: str, state: RunState = "ok", start: float = 1.0) -> Run:
    stats = {"ok": Stats(ok=1), "failed": Stats(failures=1)}.get(state)
    return Run(component, component, component, start, start + 1, None, stats, state)


def _attempt(**states: RunState) -> Attempt:
    runs = [
        _run(name.replace("_", "-"), state, at) for at, (name, state) in enumerate(states.items())
    ]
    return Attempt(runs=runs)


ALL: dict[str, RunState] = {
    "preinstall": "ok", "ks_core": "ok", "monitoring": "ok", "ks_config": "ok", "result_info": "ok"
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "expected", "over", "outcome"),
    [
        ({}, (), False, "success"),
        ({}, ("monitoring",), False, "success"),
        ({}, ("monitoring", "devops"), False, "unknown"),
        ({"monitoring": "failed"}, (), False, "failed"),
        ({"monitoring": "failed", "result_info": "running"}, (), False, "running"),
        ({"monitoring": "failed", "result_info": "running"}, (), True, "failed"),
        ({"ks_core": "failed"}, (), False, "failed"),
        ({"result_info": "failed"}, (), False, "failed"),
        ({"result_info": "running"}, (), False, "running"),
        ({"result_info": "cut"}, (), True, "unknown"),
        ({"monitoring": "cut"}, (), True, "unknown"),
        ({"telemetry": "running"}, (), False, "success"),
        ({"ks_config_early": "failed"}, (), False, "success"),
    ],
)  # fmt: skip
def test_an_installation_is_judged(
    change: dict[str, RunState], expected: tuple[str, ...], over: bool, outcome: InstallationOutcome
) -> None:
    assert judge(_attempt(**{**ALL, **change}), expected, over=over).outcome == outcome


def test_a_summary_that_is_missing_is_no_success() -> None:
    attempt = _attempt(**ALL)
    attempt.runs[-1].stats = None  # its rc said 0
    assert judge(attempt, (), over=True).outcome == "unknown"


def test_a_failure_is_one_though_the_end_was_not_seen() -> None:
    attempt = _attempt(preinstall="ok", ks_core="ok", monitoring="failed", logging="cut")
    verdict = judge(attempt, ("monitoring", "devops"), over=True)
    assert verdict.outcome == "failed"
    assert [run.component for run in verdict.failed] == ["monitoring"]
    assert (verdict.missing, verdict.why) == (("devops",), "result-info never began")
    assert judge(attempt, (), over=False).outcome == "running", "logging may go on"


def test_nothing_seen_is_unknown() -> None:
    assert judge(Attempt(), (), over=False).outcome == "running"
    assert judge(Attempt(), (), over=True).why == "there was no run at all"


def test_only_the_last_installation_of_a_pod_counts() -> None:
    attempt = _attempt(**{**ALL, "monitoring": "failed"})
    attempt.runs += [_run("preinstall", "ok", 50), _run("ks-core", "running", 51)]
    assert judge(attempt, ()).outcome == "running"
    assert phases.phase(phases.latest(attempt.runs)).name == "preparing"


def test_the_last_failure_is_the_cause() -> None:
    run = _run("monitoring", "failed")
    run.tasks = [
        Task("1", "first", state="rescued"),
        Task("2", "second", state="failed"),
        Task("3", "x", state="ok"),
    ]
    found = cause(run)
    assert found is not None and found.name == "second"
    assert cause(_run("a", "failed")) is None
