"""Frames in time: read by a thread, so that whoever shows them can do something else meanwhile; of
the past in the order of their times, and told again at the speed of life or faster."""

from __future__ import annotations

import contextlib
import heapq
import queue
import threading
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ksimage.events.model import when

if TYPE_CHECKING:
    from ksimage.events.frames import Frame

_ROOM = 5000
"""Frames that wait; then the source waits, and with it the program in the pod."""
_TICK = 0.25
"""Seconds between two signs that time passes while nothing happens."""


class Feed:
    """The frames of a source, in batches.

    Args:
        frames: read to their end by a thread of its own.
    """

    def __init__(self, frames: Iterator[Frame]) -> None:
        self._queue: queue.Queue[Frame | BaseException | None] = queue.Queue(_ROOM)
        self._ended = False
        self._thread = threading.Thread(
            target=self._read, args=(frames,), name="frames", daemon=True
        )
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether all frames were handed out."""
        return self._ended

    def batch(self, seconds: float) -> list[Frame]:
        """What has come, after at most so many seconds; empty at the end and when nothing came.

        Raises:
            KsimageError: what the source raised, after all frames before it were handed out.
        """
        got: list[Frame] = []
        end = time.monotonic() + seconds
        while not self._ended and len(got) < _ROOM:
            try:
                left = end - time.monotonic()
                one = self._queue.get(left > 0 and not got, max(0.0, left))
            except queue.Empty:
                break
            if isinstance(one, BaseException):
                if got:
                    self._queue.put(one)
                    break
                self._ended = True
                raise one
            if one is None:
                self._ended = True
            else:
                got.append(one)
        return got

    def settle(self, seconds: float) -> None:
        """Let the thread end once the source is closed, so that a recording is whole."""
        end = time.monotonic() + seconds
        while self._thread.is_alive() and time.monotonic() < end:
            with contextlib.suppress(queue.Empty):
                self._queue.get(timeout=0.05)

    def _read(self, frames: Iterator[Frame]) -> None:
        try:
            for frame in frames:
                self._queue.put(frame)
        except BaseException as error:
            self._queue.put(error)
        else:
            self._queue.put(None)


def merged(folders: Iterable[Iterator[Frame]]) -> Iterator[Frame]:
    """The frames of all folders by their events' times; each folder keeps its own order."""
    for _, frame in heapq.merge(*map(_timed, folders), key=lambda one: one[0]):
        yield frame


def paced(frames: Iterable[Frame], speed: float, stop: threading.Event) -> Iterator[Frame]:
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
