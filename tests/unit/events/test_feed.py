"""Frames read by a thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from ksimage.errors import PodLost
from ksimage.events.feed import Feed

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
