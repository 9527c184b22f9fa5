from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.support.attempts import attempt, run, task, whole
from tests.support.installations import installation

from ksimage.events.model import Attempt, Damage
from ksimage.timeline.analysis import analyse
from ksimage.timeline.comparison import compare
from ksimage.timeline.page_data import OUTPUT, OUTPUTS, UNREADABLE, page_data, script_safe


def data(installed: Attempt) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(page_data(analyse(installed), None, 0))
    return made


def test_tasks_lie_in_their_lanes() -> None:
    made = data(whole())
    assert [lane["name"] for lane in made["lanes"]] == [
        "preinstall", "monitoring", "network", "result-info", "telemetry",
    ]  # fmt: skip
    deploy = made["tasks"][1]
    assert made["names"][deploy[0]] == "Deploy"
    assert deploy[1:8] == [1, 12_000, 8_000, made["states"].index("ok"), 3, 30, 0]
    assert made["output"] == {"2": "$ kubectl\nno matches"}
    assert made["runnerUp"] == {"last": "monitoring", "before": "network", "ahead": 13_000}
    assert made["path"][0] == [0, 0, 0, 10_000, "tasks"]
    assert made["path"][1] == [-1, 1, 10_000, 12_000, "between"]
    assert [phase["name"] for phase in made["phases"]][:2] == ["pre-install", "components"]


def test_tasks_of_earlier_runs_are_marked() -> None:
    made = data(attempt(run("a", task("first", 0, 1)), run("a", task("second", 5, 1))))
    assert [row[12] for row in made["tasks"]] == [1, 0]


@given(st.text(st.characters(), max_size=60))
def test_nothing_ends_the_element_that_it_stands_in(name: str) -> None:
    hostile = f"</script><!--{name}\u2028\u2029"
    text = page_data(
        analyse(attempt(run(hostile, task(hostile, 0, 1, "failed", output=hostile)))), None, 0
    )
    assert "<" not in text
    assert "\u2028" not in text
    text.encode()
    assert json.loads(text)["names"][0].startswith("</script><!--")


def test_outputs_are_bounded_and_real_failures_come_first() -> None:
    tasks = [task(f"ignored {n}", n, 1, "ignored", output="x" * 9000) for n in range(200)]
    tasks.append(task("real", 300, 1, "failed", output="y" * 9000))
    made = data(attempt(run("a", *tasks)))
    assert max(map(len, made["output"].values())) == OUTPUT
    assert sum(map(len, made["output"].values())) < OUTPUTS + 2 * OUTPUT
    assert made["output"]["200"].endswith("yyy")


def test_a_dropped_output_is_said() -> None:
    dropped = task("big", 0, 1, "failed")
    dropped.output_dropped = True
    made = data(attempt(run("a", dropped)))
    assert "dropped by ansible-runner" in made["output"]["0"]


def test_damage_is_counted_and_some_of_it_named() -> None:
    installed = whole()
    installed.damage = [Damage(f"x/{number}", "torn") for number in range(500)]
    made = data(installed)
    assert made["damaged"] == 500
    assert len(made["unreadable"]) == UNREADABLE


def test_a_second_run_lies_in_the_firsts_lanes() -> None:
    before = analyse(attempt(run("a", task("t", 0, 9)), run("old", task("o", 1, 1))), "yesterday")
    after = analyse(attempt(run("a", task("t", 2, 4))), "today")
    made = json.loads(page_data(after, compare(before, after), 0))
    assert [(lane["name"], lane["state"]) for lane in made["lanes"]] == [
        ("a", "ok"),
        ("old", "gone"),
    ]
    assert [row[1:4] for row in made["other"]["tasks"]] == [[0, 0, 9_000], [1, 1_000, 1_000]]
    verdicts = [(made["verdicts"][pair[0]], pair[1:]) for pair in made["pairs"]]
    assert verdicts == [("faster", [0, 0]), ("gone", [-1, 1])]


def test_nothing_has_data_too() -> None:
    made = data(Attempt())
    assert (made["lanes"], made["tasks"], made["length"]) == ([], [], 0)


def test_as_much_as_twenty_thousand_events_is_small() -> None:
    assert len(page_data(analyse(installation(20_000)), None, 0).encode()) < 220_000


def test_script_safe_is_json() -> None:
    assert json.loads(script_safe({"a": "<b>\u2028"})) == {"a": "<b>\u2028"}
