"""Frames by their times, told again; times are faked, so that nothing here waits for long."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ksimage.events import pace
from ksimage.events.frames import Frame


def _frame(name: str, second: int | None) -> Frame:
    raw: dict[str, Any] = {}
    if second is not None:
        raw["created"] = f"2026-11-22T08:00:{second:02}.000000"
    return {"k": "ev", "c": name, "r": raw}


def _names(frames: list[Frame]) -> list[str]:
    return [str(frame["c"]) for frame in frames]


def test_folders_are_merged_by_time_and_each_keeps_its_order() -> None:
    one = [_frame("a1", 1), _frame("a5", 5), _frame("a3", 3)]  # the clock was set back
    other = [_frame("b2", 2), _frame("b4", 4), _frame("b6", 6)]
    merged = list(pace.merged([iter(one), iter(other)]))
    assert _names(merged) == ["a1", "b2", "b4", "a5", "a3", "b6"]


def test_what_has_no_time_stays_beside_what_follows() -> None:
    one = [_frame("a?", None), _frame("a5", 5), _frame("a-", None)]
    other = [_frame("b1", 1), _frame("b9", 9)]
    assert _names(list(pace.merged([iter(one), iter(other)]))) == ["b1", "a?", "a5", "a-", "b9"]


def test_nothing_is_lost_where_no_frame_has_a_time() -> None:
    frames = [_frame("a", None), _frame("b", None)]
    assert _names(list(pace.merged([iter(frames)]))) == ["a", "b"]


class Clock:
    """A monotonic clock that goes on when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waited = 0.0

    def monotonic(self) -> float:
        return self.now


class Stop(threading.Event):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self._clock.now += timeout
        self._clock.waited += timeout
        return self.is_set()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("ksimage.events.pace.time.monotonic", made.monotonic)
    return made


@pytest.mark.parametrize(("speed", "seconds"), [(1.0, 30.0), (10.0, 3.0), (60.0, 0.5)])
def test_the_past_takes_its_time_over_the_speed(clock: Clock, speed: float, seconds: float) -> None:
    frames = [_frame("a", 10), _frame("b", 40)]
    told = list(pace.paced(frames, speed, Stop(clock)))
    assert _names([frame for frame in told if frame["k"] == "ev"]) == ["a", "b"]
    assert clock.waited == pytest.approx(seconds)
    ticks = [float(str(frame["now"])) for frame in told if frame["k"] == "clock"]
    assert ticks == sorted(ticks) and len(ticks) >= 1


def test_a_recording_is_told_as_it_arrived(clock: Clock) -> None:
    frames = [{**_frame("a", 59), "at": 5.0}, {**_frame("b", 0), "at": 7.0}]
    list(pace.paced(frames, 1.0, Stop(clock)))
    assert clock.waited == pytest.approx(2.0)


def test_who_stops_gets_nothing_more(clock: Clock) -> None:
    stop = Stop(clock)
    told = pace.paced([_frame("a", 10), _frame("b", 40)], 1.0, stop)
    assert next(told)["c"] == "a"
    stop.set()
    assert [frame for frame in told if frame["k"] == "ev"] == []
