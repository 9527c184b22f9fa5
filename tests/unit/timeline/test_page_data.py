from __future__ import annotations

import json
from base64 import b64decode
from itertools import accumulate
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.support.attempts import attempt, run, task, whole
from tests.support.installations import installation
from tests.unit.timeline.test_columns import unpacked

from ksimage.events.model import Attempt, Damage
from ksimage.timeline.analysis import analyse
from ksimage.timeline.comparison import compare
from ksimage.timeline.page_data import OUTPUT, OUTPUTS, UNREADABLE, page_data, script_safe


def unpacked_rows(coded: dict[str, Any]) -> list[dict[str, int]]:
    """Rows again, decoded without the module under test."""
    rows: list[dict[str, int]] = [{} for _ in range(coded.pop("rows"))]
    for field, text in coded.items():
        numbers = unpacked(b64decode(text))
        if field == "start":
            numbers = list(accumulate(n // 2 if n % 2 == 0 else -(n + 1) // 2 for n in numbers))
        for row, number in zip(rows, numbers, strict=True):
            row[field] = number
    return rows


def data(installed: Attempt) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(page_data(analyse(installed), None, 0))
    return made


def test_tasks_lie_in_their_lanes() -> None:
    made = data(whole())
    assert [lane["name"] for lane in made["lanes"]] == [
        "preinstall", "monitoring", "network", "result-info", "telemetry",
    ]  # fmt: skip
    deploy = unpacked_rows(made["tasks"])[1]
    assert made["names"][deploy.pop("name")] == "Deploy"
    assert made["names"][deploy.pop("file")] == "/roles/Deploy.yaml"
    assert {key: deploy[key] for key in ("lane", "start", "length", "state", "line")} == {
        "lane": 1,
        "start": 12_000,
        "length": 8_000,
        "state": made["states"].index("ok"),
        "line": 1,
    }
    assert (deploy["retries"], deploy["allowed"], deploy["items"]) == (3, 30, 0)
    assert made["output"] == {"2": "$ kubectl\nno matches"}
    assert made["runnerUp"] == {"last": "monitoring", "before": "network", "ahead": 13_000}
    steps = unpacked_rows(made["path"])
    assert [step["task"] for step in steps] == [1, 0, 2, 0, 3, 0, 5]
    assert [step["start"] for step in steps][:3] == [0, 10_000, 12_000]
    assert made["ways"][steps[1]["way"]] == "between"
    assert [phase["name"] for phase in made["phases"]][:2] == ["pre-install", "components"]


def test_tasks_of_earlier_runs_are_marked() -> None:
    made = data(attempt(run("a", task("first", 0, 1)), run("a", task("second", 5, 1))))
    assert [row["earlier"] for row in unpacked_rows(made["tasks"])] == [1, 0]


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
    others = unpacked_rows(made["other"]["tasks"])
    assert [(row["lane"], row["start"], row["length"]) for row in others] == [
        (0, 0, 9_000),
        (1, 1_000, 1_000),
    ]
    pairs = unpacked_rows(made["pairs"])
    assert [(made["verdicts"][one["verdict"]], one["after"], one["before"]) for one in pairs] == [
        ("faster", 1, 1),
        ("gone", 0, 2),
    ]


def test_nothing_has_data_too() -> None:
    made = data(Attempt())
    assert (made["lanes"], made["tasks"]["rows"], made["length"]) == ([], 0, 0)


def test_as_much_as_twenty_thousand_events_is_small() -> None:
    assert len(page_data(analyse(installation(20_000)), None, 0).encode()) < 220_000


def test_script_safe_is_json() -> None:
    assert json.loads(script_safe({"a": "<b>\u2028"})) == {"a": "<b>\u2028"}
