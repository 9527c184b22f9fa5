from __future__ import annotations

from itertools import pairwise

import pytest
from tests.support.attempts import BEGAN, attempt, run, task, whole
from tests.support.installations import installation

from ksimage.events.model import Attempt, Event, RunState
from ksimage.redact.redactor import Redactor
from ksimage.timeline.analysis import analyse, critical
from ksimage.timeline.lanes import Span, lanes
from ksimage.timeline.text import verdict


def test_phases_come_in_order_with_the_one_that_ended_last() -> None:
    analysis = analyse(whole())
    assert [phase.name for phase in analysis.phases] == [
        "pre-install",
        "components",
        "result-info",
        "after",
    ]
    components = analysis.phases[1]
    assert components.span == Span(BEGAN + 12, BEGAN + 30)
    assert components.last.component == "monitoring"
    assert components.state == "failed"
    assert analysis.span == Span(BEGAN, BEGAN + 141)


def test_slow_retried_and_failed_tasks() -> None:
    analysis = analyse(whole())
    assert [place.bar.task.name for place in analysis.slowest(2)] == ["Tell", "Prepare"]
    assert [place.bar.task.name for place in analysis.retried(9)] == ["Deploy"]
    assert [place.lane.component for place in analysis.failures()] == ["monitoring"]


def test_real_failures_come_before_forgiven_ones() -> None:
    analysis = analyse(
        attempt(run("a", task("forgiven", 0, 1, "ignored"), task("real", 2, 1, "failed")))
    )
    assert [place.bar.task.name for place in analysis.failures()] == ["real", "forgiven"]


def test_the_state_of_the_whole() -> None:
    assert analyse(whole()).state == "failed"
    assert analyse(installation(failing="")).state == "ok"
    assert analyse(installation(failing="", unfinished=True)).state == "running"
    still = attempt(run("common", task("t", 0, None, "running"), state="running"))
    assert analyse(still).state == "running"
    assert analyse(attempt(run("common", task("t", 0, 1)))).state == "cut"


@pytest.mark.parametrize("state", ["running", "cut", "failed"])
def test_what_comes_after_the_end_holds_up_nobody(state: RunState) -> None:
    last = run("telemetry", task("t", 5, 1), state=state)
    whole = analyse(attempt(run("result-info", task("r", 0, 4)), last))
    assert whole.state == ("failed" if state == "failed" else "ok")


@pytest.mark.parametrize("state", ["failed", "cut"])
def test_what_cannot_be_drawn_is_judged_all_the_same(state: RunState) -> None:
    """`watch` says that it failed: "installed" here would be a success that is none."""
    seen = analyse(attempt(run("result-info", task("r", 0, 4)), run("monitoring", state=state)))
    assert [lane.component for lane in seen.lanes] == ["result-info"]
    assert seen.state == state
    assert verdict(seen) == {"failed": "failed: monitoring", "cut": "not finished"}[state]


def test_the_early_configuration_may_fail() -> None:
    early = run("ks-config-early", task("e", 0, 1, "failed"), state="failed")
    seen = analyse(attempt(early, run("result-info", task("r", 2, 4))))
    assert (seen.state, verdict(seen)) == ("ok", "installed")


def test_what_was_to_come_and_was_not_seen_is_no_success() -> None:
    whole = attempt(run("devops", task("d", 0, 1)), run("result-info", task("r", 2, 4)))
    assert analyse(whole, expected=("devops",)).state == "ok"
    assert analyse(whole, expected=("devops", "logging")).state == "cut"
    whole.runs[-1].stats = None
    assert analyse(whole).state == "cut", "its rc said 0"


def test_what_has_no_time_is_counted() -> None:
    installed = whole()
    installed.runs[0].events.append(Event(None, "verbose", 99, "verbose", None, ""))
    assert analyse(installed).timeless == 1


def test_nothing_is_no_error() -> None:
    analysis = analyse(Attempt(), "\x1b[1mname")
    assert (analysis.lanes, analysis.phases, analysis.failures()) == ([], [], [])
    assert analysis.title == "name"


def test_of_two_installations_in_one_pod_the_last_one_counts() -> None:
    analysis = analyse(
        attempt(
            run("preinstall", task("p", 0, 5)),
            run("devops", task("d", 6, 90), state="failed"),
            run("preinstall", task("p", 200, 4)),
            run("network", task("n", 205, 3)),
            run("result-info", task("r", 209, 1)),
        )
    )
    assert analysis.state == "ok"
    assert analysis.latest == Span(BEGAN + 200, BEGAN + 210)
    assert analysis.span == Span(BEGAN, BEGAN + 210)
    assert [phase.name for phase in analysis.phases] == ["pre-install", "components", "result-info"]
    assert analysis.path.seconds == 10
    assert analysis.failures() == []
    assert [lane.component for lane in analysis.lanes if not lane.is_current] == ["devops"]


def test_secrets_in_what_tasks_said_are_hidden() -> None:
    said = "helm --set password=Tr0ub4dor-and-3 failed"
    installed = attempt(
        run(
            "a", task("one", 0, 1, "failed", output=said), task("two", 2, 1, "failed", output="ok")
        ),
        run("b", task("three", 0, 1, "failed", output="got Tr0ub4dor-and-3")),
    )
    shown = analyse(installed, redactor=Redactor())
    texts = [shown.output(place.bar.task) for place in shown.failures()]
    assert not any("Tr0ub4dor" in text for text in texts)
    assert "ok" in texts
    assert installed.runs[0].tasks[0].output == said
    assert analyse(installed).output(installed.runs[0].tasks[0]) == said


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


def test_a_secret_is_hidden_in_what_tasks_are_called_too() -> None:
    """A name can hold a variable; what one part of the page hides no other may show."""
    failed = task("Log in", 0, 1, "failed", output="curl --password Zq8-pear77")
    named = task("Set Zq8-pear77", 2, 1)
    installed = attempt(run("common", failed, named))
    shown = [place.bar.task for place in analyse(installed, redactor=Redactor()).places()]
    assert shown[1].name.startswith("Set [redacted:")
    assert "pear" not in f"{shown[1].name}{shown[1].path}"
