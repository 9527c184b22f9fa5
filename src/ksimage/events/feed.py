"""Frames read by a thread, so that whoever shows them can do something else meanwhile."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ksimage.events.frames import Frame

_ROOM = 5000
"""Frames that wait; then the source waits, and with it the program in the pod."""


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
