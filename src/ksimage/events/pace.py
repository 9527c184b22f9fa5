"""Frames of the past, told again at the speed of life or faster."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from threading import Event

from ksimage.events.frames import Frame
from ksimage.events.times import when

_TICK = 0.25
"""Seconds between two signs that time passes while nothing happens."""


def paced(frames: Iterable[Frame], speed: float, stop: Event) -> Iterator[Frame]:
    """The frames in the order of their times, waiting between them.

    A recording is told as its frames arrived, anything else by the events' own times.

    Args:
        speed: seconds of then that pass in one of now.
        stop: set from another thread to end at once.
    """
    timed = _timed(frames)
    if not timed:
        return
    then = timed[0][0]
    began = time.monotonic()
    first = then
    for moment, frame in timed:
        while (left := (moment - first) / speed - (time.monotonic() - began)) > 0:
            if stop.wait(min(left, _TICK)):
                return
            then = first + (time.monotonic() - began) * speed
            yield {"k": "clock", "now": min(then, moment)}
        if stop.is_set():
            return
        yield frame


def _timed(frames: Iterable[Frame]) -> list[tuple[float, Frame]]:
    """Each frame with its time; one without has that of the one before it."""
    timed: list[tuple[float, Frame]] = []
    recorded = False
    moments: dict[object, float] = {}
    last = 0.0
    for frame in frames:
        arrived = frame.get("at")
        if isinstance(arrived, (int, float)):
            recorded = True
            last = max(last, float(arrived))
        elif frame["k"] in ("ev", "bad", "rc"):
            raw = frame.get("r")
            own = when(raw.get("created")) if isinstance(raw, dict) else None
            folder = (frame.get("c"), frame.get("i"))
            before = moments.get(folder, last)
            last = before if own is None else own
            moments[folder] = max(before, last)
        timed.append((last, frame))
    if not recorded:
        # What says how all began comes first, and the end last, whatever their times.
        known = [moment for moment, frame in timed if moment]
        first, final = min(known, default=0.0), max(known, default=0.0)
        timed = [
            (final if frame["k"] == "end" else moment or first, frame) for moment, frame in timed
        ]
        timed.sort(key=lambda one: one[0])
    return timed
