"""The Trace Event format: what Perfetto and speedscope require of it."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import pairwise
from typing import Any

import jsonschema
import pytest
from tests.support.attempts import attempt, run, task, whole
from tests.support.installations import installation

from ksimage.timeline.analysis import analyse
from ksimage.timeline.trace import trace

# From the format's description: the members that each phase must have, and their types.
NUMBER = {"type": "integer", "minimum": 0}
SCHEMA = {
    "type": "object",
    "required": ["traceEvents"],
    "properties": {
        "displayTimeUnit": {"enum": ["ms", "ns"]},
        "traceEvents": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["ph", "name", "pid"],
                "properties": {
                    "name": {"type": "string", "minLength": 1},
                    "pid": NUMBER,
                    "tid": NUMBER,
                    "args": {"type": "object"},
                },
                "oneOf": [
                    {"properties": {"ph": {"const": "X"}, "ts": NUMBER, "dur": NUMBER},
                     "required": ["ts", "dur", "tid"]},
                    {"properties": {"ph": {"const": "i"}, "ts": NUMBER,
                                    "s": {"enum": ["g", "p", "t"]}},
                     "required": ["ts", "tid"]},
                    {"properties": {"ph": {"const": "M"},
                                    "name": {"enum": ["process_name", "process_sort_index"]}},
                     "required": ["args"]},
                ],
            },
        },
    },
}  # fmt: skip


def events(made: dict[str, Any], phase: str) -> list[dict[str, Any]]:
    return [event for event in made["traceEvents"] if event["ph"] == phase]


@pytest.mark.parametrize("seed", range(3))
def test_it_has_the_formats_shape(seed: int) -> None:
    made = json.loads(json.dumps(trace(analyse(installation(2500, seed=seed)))))
    jsonschema.validate(made, SCHEMA)
    assert len(events(made, "M")) == 2 * 20


def test_tasks_are_complete_events_in_microseconds() -> None:
    made = trace(analyse(whole()))
    deploy = next(event for event in events(made, "X") if event["name"] == "Deploy")
    assert (deploy["ts"], deploy["dur"]) == (12_000_000, 8_000_000)
    assert deploy["args"]["retries"] == 3
    path = [event["name"] for event in events(made, "X") if event["pid"] == 0]
    assert path == [
        "preinstall: Prepare", "monitoring: Deploy", "monitoring: Import", "result-info: Report",
    ]  # fmt: skip
    names = {
        event["pid"]: event["args"]["name"]
        for event in events(made, "M")
        if "name" in event["args"]
    }
    assert names[deploy["pid"]] == "monitoring"


def test_a_threads_tasks_never_overlap() -> None:
    overlapping = attempt(
        run("a", task("1", 0, 9), task("2", 0, 5), task("3", 6, 9), task("4", 9, 1))
    )
    for installed in (overlapping, installation(2000)):
        threads = defaultdict(list)
        for event in events(trace(analyse(installed)), "X"):
            threads[event["pid"], event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
        for spans in threads.values():
            spans.sort()
            assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_retries_and_failures_are_instants() -> None:
    analysis = analyse(installation(2000))
    marks = [event["name"] for event in events(trace(analysis), "i")]
    assert marks.count("retry") == analysis.retries
    assert "failed" in marks
