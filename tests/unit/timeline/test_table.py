from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st
from tests.support.attempts import attempt, run, task, whole
from tests.support.installations import installation

from ksimage.timeline.analysis import analyse
from ksimage.timeline.table import HEADERS, cell, table


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
