"""Threads that Ctrl-C ends, whatever they wait for.

A ``ThreadPoolExecutor`` joins its threads when it is left and once more when Python ends, so that a
single silent server keeps a process up for minutes. Here Ctrl-C first cuts what threads wait for
(:func:`on_interrupt`), gives them a moment to tidy up, and then leaves them: they are daemons.

:func:`feed` has a stream's producer and its consumer side by side. Receiving, hashing and
decompressing a layer leave Python's lock to each other, so that two of them take the time of the
slower one. The producer stays in the caller's thread, where Ctrl-C arrives and a stalled network is
noticed; the consumer only computes.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

if TYPE_CHECKING:
    from types import TracebackType

# Any: calls of all types stand in one queue; `submit` knows what its own returns
_Call: TypeAlias = "tuple[Future[Any], Callable[[], Any]] | None"

GRACE = 0.5
"""Seconds that threads have to end after Ctrl-C."""
DEPTH = 4
"""Items on their way at once: they bound the memory, and even out what the two sides take."""

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")

_cuts: list[Callable[[], None]] = []


def on_interrupt(cut: Callable[[], None]) -> None:
    """Have ``cut`` called at Ctrl-C; it makes what blocks threads fail at once."""
    _cuts.append(cut)


class Threads(Executor):
    """At most ``most`` daemon threads. Calls are submitted by one thread at a time.

    As a context manager it waits for its calls, except for those not begun when an error leaves it.
    A KeyboardInterrupt waits no longer than GRACE.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._calls: queue.SimpleQueue[_Call]
        self._calls = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def submit(self, call: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> Future[T]:
        """Have a thread call it."""
        future: Future[T] = Future()
        self._calls.put((future, partial(call, *arguments, **named)))
        number = len(self._threads)
        if number < self._most:
            thread = threading.Thread(
                target=_work, args=(self._calls,), name=f"{self._name}-{number}", daemon=True
            )
            self._threads.append(thread)
            thread.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads once they have done what was submitted, or with it, what is begun."""
        if cancel_futures:
            _cancel(self._calls)
        for _ in self._threads:
            self._calls.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        calm = error is None or isinstance(error, Exception)
        try:
            self.shutdown(wait=calm, cancel_futures=error is not None)
        except BaseException:  # Ctrl-C while it waits
            calm = False
            raise
        finally:
            if not calm:
                self._leave()

    def _leave(self) -> None:
        _cancel(self._calls)
        for cut in _cuts:
            cut()
        end = time.monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))


def _work(calls: queue.SimpleQueue[_Call]) -> None:
    while (taken := calls.get()) is not None:
        future, call = taken
        if future.set_running_or_notify_cancel():
            try:
                result = call()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
                del result
        del taken, future, call  # while it waits for the next, it must not hold the last


def _cancel(calls: queue.SimpleQueue[_Call]) -> None:
    ends = 0
    while True:
        try:
            taken = calls.get_nowait()
        except queue.Empty:
            break
        if taken is None:
            ends += 1
        elif taken[0].cancel():
            taken[0].set_running_or_notify_cancel()
    for _ in range(ends):
        calls.put(None)


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
