"""The timeline of real runs: what ansible-runner wrote, drawn in every form."""

from __future__ import annotations

from tests.support.documents import read

from ksimage.events.model import Attempt
from ksimage.timeline.analysis import analyse
from ksimage.timeline.document import document
from ksimage.timeline.page import page
from ksimage.timeline.svg import picture
from ksimage.timeline.text import report
from ksimage.timeline.trace import trace


def test_each_task_lies_between_its_neighbours(attempt: Attempt) -> None:
    analysis = analyse(attempt)
    assert analysis.tasks == sum(len(run.tasks) for run in attempt.runs)
    timeless = [event for run in attempt.runs for event in run.events if event.time is None]
    assert analysis.timeless <= len(timeless)
    for lane in analysis.lanes:
        for bar in lane.bars:
            assert analysis.span.start <= bar.start <= bar.end <= analysis.span.end
    assert 0 < analysis.path.seconds <= analysis.span.seconds


def test_the_task_that_waited_is_found(attempt: Attempt) -> None:
    assert analyse(attempt).retried(9) == []  # the second run found the store at once
    first = analyse(Attempt(runs=attempt.runs[:1]))
    (place,) = first.retried(9)
    assert place.bar.task.name == "Wait for the store"
    assert "1 of 5 retries" in report(first)


def test_all_forms_can_be_made(attempt: Attempt) -> None:
    analysis = analyse(Attempt(runs=attempt.runs[:1]))
    for text in (page(analysis), picture(analysis), report(analysis)):
        assert "Wait for the store" in text or text.startswith("<svg")
    names = [event["name"] for event in read(trace(analysis))["traceEvents"] if event["ph"] == "X"]
    assert names.count("Wait for the store") == 1
    states = {
        task["name"]: task["state"]
        for lane in read(document(analysis))["components"]
        for task in lane["tasks"]
    }
    assert states["Breaks"] == "rescued"
    assert states["May fail"] == "ignored"
