from __future__ import annotations

import json

from tests.support.attempts import attempt, run, task, whole

from ksimage.events.model import Attempt, Damage
from ksimage.timeline.analysis import analyse
from ksimage.timeline.comparison import compare
from ksimage.timeline.document import comparison_document, document


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
