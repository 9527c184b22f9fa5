"""A stream's producer and its consumer side by side, in two threads.

Receiving, hashing and decompressing a layer leave Python's lock to each other, so that two of them
take the time of the slower one. The producer stays in the caller's thread, where Ctrl-C arrives and
a stalled network is noticed; the consumer only computes.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from ksimage.threads import Threads

DEPTH = 4
"""Items on their way at once: they bound the memory, and even out what the two sides take."""

T = TypeVar("T")
R = TypeVar("R")


class _Stopped(BaseException):
    """The producer was interrupted: the consumer is to end."""


def feed(items: Iterable[T], consume: Callable[[Iterator[T]], R], *, depth: int = DEPTH) -> R:
    """What ``consume`` makes of ``items``, as if called with them, but in a thread of its own.

    Errors are those of a plain call, too: one in ``items`` is raised where ``consume`` reads on,
    and the first one that it does not catch ends both. What it leaves over is not asked for; but an
    error that came on the way there is raised, for it may say that what was read is damaged.

    Raises:
        whatever the two raise.
    """
    box: queue.Queue[tuple[bool, Any]] = queue.Queue(depth)  # Any: an item, or an error
    over = told = False

    def received() -> Iterator[T]:
        nonlocal told
        while True:
            good, item = box.get()
            if good:
                yield item
            elif item is None:
                return
            else:
                told = True
                raise item

    def work() -> R:
        nonlocal over
        try:
            return consume(received())
        finally:
            over = True
            while not box.empty():  # the producer may be waiting for room
                box.get_nowait()

    with Threads(1, "feed") as pool:
        future = pool.submit(work)
        end: BaseException | None = None
        try:
            for item in items:
                if over:
                    break
                box.put((True, item))
        except Exception as error:
            end = error
        except BaseException:
            end = _Stopped()
            raise
        finally:
            if not over:
                box.put((False, end))
        made = future.result()
        if end is not None and not told:
            raise end
        return made
