"""Frames read by a thread; frames in the order of their times, at the speed of life."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from ksimage.errors import PodLost
from ksimage.events.feed import Feed, merged, paced
from ksimage.events.frames import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ksimage.events.frames import Frame


def _all(feed: Feed) -> list[Frame]:
    got: list[Frame] = []
    while not feed.ended:
        got += feed.batch(1)
    return got


def test_all_frames_come_in_order() -> None:
    frames: list[Frame] = [{"k": "ev", "n": number} for number in range(12_000)]
    assert _all(Feed(iter(frames))) == frames


def test_an_error_comes_after_what_was_before_it() -> None:
    def failing() -> Iterator[Frame]:
        yield {"k": "hello"}
        raise PodLost("pod", "gone")

    feed = Feed(failing())
    got = []
    with pytest.raises(PodLost):
        while True:
            got += feed.batch(1)
    assert got == [{"k": "hello"}]
    assert feed.ended


def test_a_batch_waits_no_longer_than_it_is_told() -> None:
    release = threading.Event()

    def waiting() -> Iterator[Frame]:
        release.wait(30)
        yield {"k": "live"}

    feed = Feed(waiting())
    assert feed.batch(0.01) == []
    assert not feed.ended
    release.set()
    assert _all(feed) == [{"k": "live"}]


def test_settling_lets_a_full_feed_end() -> None:
    closed = threading.Event()

    def endless() -> Iterator[Frame]:
        try:
            while not closed.is_set():
                yield {"k": "ev"}
        finally:
            ended.set()

    ended = threading.Event()
    feed = Feed(endless())
    feed.batch(0.1)
    closed.set()
    feed.settle(10)
    assert ended.is_set()


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
    assert _names(list(merged([iter(one), iter(other)]))) == ["a1", "b2", "b4", "a5", "a3", "b6"]


def test_what_has_no_time_stays_beside_what_follows() -> None:
    one = [_frame("a?", None), _frame("a5", 5), _frame("a-", None)]
    other = [_frame("b1", 1), _frame("b9", 9)]
    assert _names(list(merged([iter(one), iter(other)]))) == ["b1", "a?", "a5", "a-", "b9"]


def test_nothing_is_lost_where_no_frame_has_a_time() -> None:
    frames = [_frame("a", None), _frame("b", None)]
    assert _names(list(merged([iter(frames)]))) == ["a", "b"]


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
    monkeypatch.setattr("ksimage.events.feed.time.monotonic", made.monotonic)
    return made


@pytest.mark.parametrize(("speed", "seconds"), [(1.0, 30.0), (10.0, 3.0), (60.0, 0.5)])
def test_the_past_takes_its_time_over_the_speed(clock: Clock, speed: float, seconds: float) -> None:
    frames = [_frame("a", 10), _frame("b", 40)]
    told = list(paced(frames, speed, Stop(clock)))
    assert _names([frame for frame in told if frame["k"] == "ev"]) == ["a", "b"]
    assert clock.waited == pytest.approx(seconds)
    ticks = [float(str(frame["now"])) for frame in told if frame["k"] == "clock"]
    assert ticks == sorted(ticks) and len(ticks) >= 1


def test_a_recording_is_told_as_it_arrived(clock: Clock) -> None:
    frames = [{**_frame("a", 59), "at": 5.0}, {**_frame("b", 0), "at": 7.0}]
    list(paced(frames, 1.0, Stop(clock)))
    assert clock.waited == pytest.approx(2.0)


def test_who_stops_gets_nothing_more(clock: Clock) -> None:
    stop = Stop(clock)
    told = paced([_frame("a", 10), _frame("b", 40)], 1.0, stop)
    assert next(told)["c"] == "a"
    stop.set()
    assert [frame for frame in told if frame["k"] == "ev"] == []
