"""The page's columns, against a decoder of their own that is written as data.js's is not."""

from __future__ import annotations

from base64 import b64decode

from hypothesis import given
from hypothesis import strategies as st
from tests.support.attempts import BEGAN, attempt, run, task
from tests.support.installations import installation

from ksimage.events.model import Event
from ksimage.timeline.columns import KINDS, event_columns, varints
from ksimage.timeline.lanes import Lane, lanes


def unpacked(data: bytes | bytearray) -> list[int]:
    """Varints by splitting at the last byte of each."""
    numbers, parts = [], []
    for byte in data:
        parts.append(byte & 127)
        if byte < 128:
            numbers.append(sum(part << 7 * place for place, part in enumerate(parts)))
            parts = []
    assert not parts
    return numbers


def decoded(coded: dict[str, object], found: list[Lane]) -> list[tuple[int, str, int]]:
    times = unpacked(b64decode(str(coded["time"])))
    kinds = b64decode(str(coded["kind"]))
    steps = [
        half if number % 2 == 0 else -half - 1
        for number in unpacked(b64decode(str(coded["task"])))
        for half in [number // 2]
    ]
    events, at = [], 0
    for lane in found:
        for last in range(at + 1, at + len(lane.events) + 1):
            place = sum(steps[at:last]) - 1
            events.append((sum(times[at:last]), KINDS[kinds[last - 1]], place))
        at += len(lane.events)
    assert at == coded["length"] == len(kinds)
    return events


@given(st.lists(st.integers(0, 1 << 60)))
def test_varints(numbers: list[int]) -> None:
    assert unpacked(varints(numbers)) == numbers


@given(
    st.lists(
        st.tuples(
            st.floats(0, 90_000), st.sampled_from(KINDS), st.one_of(st.none(), st.integers(0, 3))
        ),
        max_size=40,
    )
)
def test_every_event_comes_back(made: list[tuple[float, str, int | None]]) -> None:
    one = run("a", *(task(str(number), 0, 1) for number in range(4)))
    one.events = [
        Event(BEGAN + time, "x", 1, state, None if place is None else one.tasks[place], "")  # type: ignore[arg-type]
        for time, state, place in sorted(made, key=lambda event: event[0])
    ]
    found = lanes(attempt(one))
    numbers = {id(bar.task): int(bar.task.name) for lane in found for bar in lane.bars}
    coded = event_columns(found, numbers, BEGAN)
    assert decoded(coded, found) == [
        (
            round(((event.time or 0) - BEGAN) * 1000),
            event.state,
            -1 if event.task is None else int(event.task.name),
        )
        for event in one.events
    ]


def test_twenty_thousand_events_take_a_few_bytes_each() -> None:
    found = lanes(installation(20_000))
    numbers = {
        id(bar.task): number
        for number, bar in enumerate(bar for lane in found for bar in lane.bars)
    }
    coded = event_columns(found, numbers, BEGAN)
    size = sum(len(str(coded[name])) for name in ("time", "kind", "task"))
    assert size < 6 * int(str(coded["length"]))
