"""A line an event, and a JSON object an event."""

from __future__ import annotations

import json

import pytest

from ksimage.cli.output.watch import lines
from ksimage.cli.output.watch.cells import Paint
from ksimage.events.frames import Chronicle
from ksimage.events.model import Event, EventState, Run, Stats, Task
from ksimage.events.phases import judge

PLAIN = Paint(False)


def _event(kind: str, state: EventState, task: Task | None = None, time: float = 3725.0) -> Event:
    return Event(time, kind, 7, state, task, "said")


def _run(**more: Stats) -> Run:
    return Run("monitoring", "monitoring", "uuid", 0.0, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stats", "text"),
    [
        (Stats(ok=4, changed=1), "01:02:05 monitoring ok ok=4 changed=1 failed=0"),
        (Stats(ok=4, failures=1), "01:02:05 monitoring FAILED ok=4 changed=0 failed=1"),
        (Stats(unreachable=1), "01:02:05 monitoring FAILED ok=0 changed=0 failed=0"),
    ],
)
def test_a_summary(stats: Stats, text: str) -> None:
    assert lines.plain(_run(stats=stats), _event("playbook_on_stats", "other"), PLAIN) == [text]


def test_a_failure_comes_with_its_first_and_its_last_lines() -> None:
    output = "\n".join(["$ kubectl apply", *(f"line {n}" for n in range(20)), "gave up\x1b[2J"])
    task = Task("t", "Deploying", start=1.0, end=3.0, state="failed", output=output)
    told = lines.plain(_run(), _event("runner_on_failed", "failed", task), PLAIN)
    assert told[0] == "01:02:05 monitoring failed: Deploying (2s)"
    assert told[1] == "    $ kubectl apply" and len(told) == 10
    assert told[-1].startswith("    gave up") and "\x1b" not in told[-1]


@pytest.mark.parametrize(
    ("kind", "state"),
    [("runner_item_on_ok", "ok"), ("runner_on_skipped", "skipped"), ("verbose", "verbose")],
)
def test_what_is_worth_no_line(kind: str, state: EventState) -> None:
    task = None if kind == "verbose" else Task("t", "x")
    assert lines.plain(_run(), _event(kind, state, task), PLAIN) == []


def test_a_retry_counts() -> None:
    task = Task("t", "Waiting", attempts=4, retries=30)
    (text,) = lines.plain(_run(), _event("runner_retry", "retry", task), PLAIN)
    assert text.endswith("retry: Waiting (try 4/30)")


def test_an_object_has_the_texts_as_they_came() -> None:
    task = Task("t", "密\x1b", "host", start=1.5, state="failed", output="why", output_dropped=True)
    text = lines.ndjson(_run(), _event("runner_on_failed", "failed", task), 2)
    assert text.isascii() and "\n" not in text
    document = json.loads(text)
    assert document["time"] == "1970-01-01T01:02:05.000000Z"
    assert document["attempt"] == 2 and document["stdout"] == "said"
    assert document["task"]["name"] == "密\x1b" and document["task"]["end"] is None
    assert document["task"]["output"] == "why" and document["task"]["output_dropped"] is True


def test_objects_of_what_is_no_event() -> None:
    told = Chronicle()
    told.title, told.lost = "a pod", "reset"
    told.expected = ("monitoring",)
    told.hook_sleeps = False
    assert json.loads(lines.ndjson_begin(told)) == {
        "schema": "ksimage/watch/v1", "type": "begin", "title": "a pod",
    }  # fmt: skip
    assert json.loads(lines.ndjson_frame({"k": "lost"}, told)) == {"type": "lost", "why": "reset"}
    plan = json.loads(lines.ndjson_frame({"k": "plan"}, told))
    assert plan["busy_wait"] is True and plan["expected"] == ["monitoring"]
    assert lines.ndjson_frame({"k": "beat"}, told) == ""
    end = json.loads(lines.ndjson_end(told, judge(told.attempt, (), over=True), 25))
    assert end["outcome"] == "unknown" and end["exit_code"] == 25
    assert end["why"] == "there was no run at all"
