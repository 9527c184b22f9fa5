from __future__ import annotations

import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st
from tests.support.attempts import attempt, run, task, whole
from tests.support.installations import installation

from ksimage.events.model import Attempt, Damage
from ksimage.timeline.analysis import analyse
from ksimage.timeline.comparison import compare
from ksimage.timeline.document import HEADERS, cell, comparison_document, document, table


def test_it_holds_what_the_report_says() -> None:
    installed = whole()
    installed.damage = [Damage("common/1.json", "half\x00written")]
    made = json.loads(json.dumps(document(analyse(installed, "results"))))
    assert made["source"] == "results"
    assert made["state"] == "failed"
    assert made["start"] == "2026-11-18T11:06:40Z"
    assert made["seconds"] == 141
    assert made["phases"][1] == {
        "name": "components",
        "state": "failed",
        "after": 12,
        "seconds": 18,
        "components": ["monitoring", "network"],
        "last": "monitoring",
    }
    monitoring = made["components"][1]
    assert (monitoring["retries"], monitoring["retrying_seconds"]) == (3, 8)
    assert [one["name"] for one in monitoring["tasks"]] == ["Deploy", "Import"]
    assert made["critical_path"]["complete"] is True
    assert made["critical_path"]["steps"][1] == {
        "component": "monitoring",
        "task": None,
        "after": 10,
        "seconds": 2,
        "spent": "between",
    }
    (failure,) = made["failures"]
    assert (failure["component"], failure["name"]) == ("monitoring", "Import")
    assert failure["output"] == "$ kubectl\nno matches"
    assert made["unreadable"] == [{"path": "common/1.json", "why": "half·written"}]


def test_nothing_has_a_document_too() -> None:
    made = document(analyse(Attempt()))
    assert made["start"] is None
    assert made["components"] == []


def test_two_runs() -> None:
    before = analyse(attempt(run("a", task("t", 0, 9), task("old", 9, 1))), "yesterday")
    after = analyse(attempt(run("a", task("t", 0, 4))), "today")
    made = comparison_document(compare(before, after))
    assert made["before"] == {"source": "yesterday", "seconds": 10}
    assert made["after"] == {"source": "today", "seconds": 4}
    assert made["tasks"] == [
        {"component": "a", "task": "t", "verdict": "faster", "before": 9, "after": 4,
         "difference": -5},
        {"component": "a", "task": "old", "verdict": "gone", "before": 1, "after": None,
         "difference": -1},
    ]  # fmt: skip


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_task_is_a_row() -> None:
    found = rows(table(analyse(whole())))
    assert [row["task"] for row in found] == [
        "Prepare", "Deploy", "Import", "Network", "Report", "Tell",
    ]  # fmt: skip
    assert found[1] == {
        "component": "monitoring",
        "phase": "components",
        "task": "Deploy",
        "role": "role",
        "action": "shell",
        "host": "localhost",
        "state": "ok",
        "start": "2026-11-18T11:06:52Z",
        "after_s": "12.000",
        "duration_s": "8.000",
        "retries": "3",
        "retries_allowed": "30",
        "items": "0",
        "path": "/roles/Deploy.yaml:1",
        "on_critical_path": "1",
    }
    assert found[3]["on_critical_path"] == "0"


def test_as_many_rows_as_tasks() -> None:
    analysis = analyse(installation(3000))
    found = rows(table(analysis))
    assert len(found) == analysis.tasks
    assert list(found[0]) == list(HEADERS)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_name_is_one_cell_and_no_formula(name: str) -> None:
    (row,) = rows(table(analyse(attempt(run("common", task(name, 0, 1))))))
    assert row["task"] == cell(name)
    assert row["task"][:1] not in ("=", "+", "-", "@")
