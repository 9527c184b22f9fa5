"""Frames of the past in the order of their times, and told again at the speed of life or faster."""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterable, Iterator
from threading import Event
from typing import TYPE_CHECKING

from ksimage.events.times import when

if TYPE_CHECKING:
    from ksimage.events.frames import Frame

_TICK = 0.25
"""Seconds between two signs that time passes while nothing happens."""


def merged(folders: Iterable[Iterator[Frame]]) -> Iterator[Frame]:
    """The frames of all folders by their events' times; each folder keeps its own order."""
    for _, frame in heapq.merge(*map(_timed, folders), key=lambda one: one[0]):
        yield frame


def paced(frames: Iterable[Frame], speed: float, stop: Event) -> Iterator[Frame]:
    """The frames in their order, waiting between them.

    A recording is told as its frames arrived, anything else by the events' own times.

    Args:
        speed: seconds of then that pass in one of now.
        stop: set from another thread to end at once.
    """
    began = time.monotonic()
    first: float | None = None
    for frame in frames:
        moment = _arrival(frame)
        if moment is not None:
            first = moment if first is None else first
            while (left := (moment - first) / speed - (time.monotonic() - began)) > 0:
                if stop.wait(min(left, _TICK)):
                    return
                then = first + (time.monotonic() - began) * speed
                yield {"k": "clock", "now": min(then, moment)}
        if stop.is_set():
            return
        yield frame


def _timed(frames: Iterator[Frame]) -> Iterator[tuple[float, Frame]]:
    """Each frame with its time: never before the one before it, and what has none is beside one."""
    waiting: list[Frame] = []
    last: float | None = None
    for frame in frames:
        own = _own(frame)
        if own is not None:
            last = own if last is None else max(last, own)
        if last is None:
            waiting.append(frame)
            continue
        yield from ((last, early) for early in waiting)
        waiting.clear()
        yield last, frame
    yield from ((0.0, frame) for frame in waiting)


def _own(frame: Frame) -> float | None:
    raw = frame.get("r")
    return when(raw.get("created")) if isinstance(raw, dict) else None


def _arrival(frame: Frame) -> float | None:
    arrived = frame.get("at")
    return float(arrived) if isinstance(arrived, (int, float)) else _own(frame)
