"""Threads that Ctrl-C ends."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError

import pytest

from ksimage import threads
from ksimage.threads import DEPTH, GRACE, Threads, feed

DEAF = """
import os, signal, sys, time
from ksimage.threads import Threads
with Threads(2, "deaf") as pool:
    pool.submit(time.sleep, 60)
    if sys.argv[1] == "waiting":
        pool.submit(lambda: (time.sleep(0.2), os.kill(os.getpid(), signal.SIGINT)))
    else:
        raise KeyboardInterrupt
"""


def test_results_and_errors_are_those_of_the_calls() -> None:
    with Threads(2, "t") as pool:
        assert list(pool.map(lambda n: n * n, range(10))) == [n * n for n in range(10)]
        bad = pool.submit(int, "x")
        with pytest.raises(ValueError, match="invalid literal"):
            bad.result()
        assert pool.submit(divmod, 7, 2).result() == (3, 1)
        assert pool.submit(int, "11", base=2).result() == 3


def test_no_more_threads_than_wanted_and_none_is_left() -> None:
    running, most, guard = 0, 0, threading.Lock()

    def work(_: int) -> str:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with guard:
            running -= 1
        return threading.current_thread().name

    with Threads(3, "some") as pool:
        names = set(pool.map(work, range(12)))
    assert most == 3
    assert names == {"some-0", "some-1", "some-2"}
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("some-")]


def test_an_error_waits_for_what_is_begun_and_drops_the_rest() -> None:
    begun, go, done = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        begun.set()
        go.wait(20)
        time.sleep(0.05)
        done.set()

    pool = Threads(1, "t")
    with pytest.raises(ZeroDivisionError), pool:
        pool.submit(first)
        second = pool.submit(time.sleep, 60)
        begun.wait(20)
        go.set()
        raise ZeroDivisionError
    assert done.is_set()
    with pytest.raises(CancelledError):
        second.result(0)


def test_interrupt_cuts_what_threads_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    cut, tidied = threading.Event(), threading.Event()
    monkeypatch.setattr(threads, "_cuts", [cut.set])

    def wait() -> None:
        cut.wait(60)
        time.sleep(0.05)
        tidied.set()

    with pytest.raises(KeyboardInterrupt), Threads(1, "t") as pool:
        pool.submit(wait)
        raise KeyboardInterrupt
    assert tidied.is_set()


def test_interrupt_does_not_wait_for_the_deaf() -> None:
    over = threading.Event()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt), Threads(2, "t") as pool:
        pool.submit(over.wait, 60)
        raise KeyboardInterrupt
    took = time.monotonic() - started
    over.set()
    assert GRACE <= took < GRACE + 2


@pytest.mark.parametrize("when", ["at work", "waiting"])
def test_neither_does_the_end_of_the_program(when: str) -> None:
    started = time.monotonic()
    command = [sys.executable, "-c", DEAF, when]
    run = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert time.monotonic() - started < 10
    assert run.stderr.rstrip().endswith("KeyboardInterrupt")
    assert "Exception ignored" not in run.stderr


MANY = 200


class Stated(Exception):
    """An error of these tests."""


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert not [t.name for t in threading.enumerate() if t.name.startswith("feed")]


class Producer:
    """Counts what was asked of it; raises ``error`` after ``count`` items, or ends."""

    def __init__(self, count: int, error: BaseException | None = None) -> None:
        self.made = 0
        self.ended = False
        self._count, self._error = count, error

    def __iter__(self) -> Iterator[int]:
        for number in range(self._count):
            self.made += 1
            yield number
        self.ended = True
        if self._error is not None:
            raise self._error


def in_time(call: Callable[[], object], seconds: float = 20) -> None:
    """Run something that must not hang; what it raises is raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "it hangs"
    if raised:
        raise raised[0]


def total(items: Iterable[int]) -> int:
    return sum(items)


# --- what goes over -------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, DEPTH, DEPTH + 1, MANY])
def test_order_is_kept(count: int) -> None:
    assert feed(range(count), list) == list(range(count))


def test_the_consumer_has_a_thread_of_its_own() -> None:
    here = threading.get_ident()

    def produce() -> Iterator[int]:
        assert threading.get_ident() == here
        yield 1

    there = feed(produce(), lambda items: (threading.get_ident(), list(items))[0])
    assert there != here


def test_empty_items_are_items() -> None:
    assert feed([None, b"", 0, ()], list) == [None, b"", 0, ()]


@pytest.mark.parametrize("depth", [1, 2, 7])
def test_memory_is_bounded(depth: int) -> None:
    """On their way: what the queue holds, and the one that waits to get in."""
    producer = Producer(60)
    ahead = []

    def slowly(items: Iterator[int]) -> None:
        for number in items:
            time.sleep(0.001)
            ahead.append(producer.made - number - 1)

    feed(producer, slowly, depth=depth)
    assert depth <= max(ahead) <= depth + 1


def test_a_slow_producer_is_waited_for() -> None:
    def slowly() -> Iterator[int]:
        for number in range(5):
            time.sleep(0.01)
            yield number

    assert feed(slowly(), list) == list(range(5))


# --- an error of the producer ---------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 3, MANY])
def test_it_arrives_where_the_consumer_reads_on(count: int) -> None:
    seen = []

    def consume(items: Iterator[int]) -> None:
        for number in items:
            time.sleep(0)
            seen.append(number)

    error = Stated()
    with pytest.raises(Stated) as caught:
        feed(Producer(count, error), consume)
    assert caught.value is error
    assert seen == list(range(count))


def test_the_consumer_may_make_another_error_of_it() -> None:
    def consume(items: Iterator[int]) -> int:
        try:
            return sum(items)
        except Stated as error:
            raise ValueError("damaged") from error

    with pytest.raises(ValueError, match="damaged") as caught:
        feed(Producer(3, Stated()), consume)
    assert isinstance(caught.value.__cause__, Stated)


def test_the_consumer_may_make_do_with_what_it_has() -> None:
    def consume(items: Iterator[int]) -> list[int]:
        got: list[int] = []
        try:
            got.extend(iter(items))
        except Stated:
            got.append(-1)
        return got

    assert feed(Producer(3, Stated()), consume) == [0, 1, 2, -1]


def test_an_error_on_the_way_when_the_consumer_stops() -> None:
    """That nobody read on to it does not make good what was read before it."""
    producer = Producer(3, Stated())

    def consume(items: Iterator[int]) -> int:
        while not producer.ended:
            time.sleep(0.001)
        return next(items)

    with pytest.raises(Stated):
        feed(producer, consume)


# --- an error of the consumer ---------------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 3, 50])
def test_it_stops_the_producer(after: int) -> None:
    producer = Producer(10**9)

    def consume(items: Iterator[int]) -> None:
        for _ in range(after):
            next(items)
        raise Stated

    with pytest.raises(Stated):
        in_time(lambda: feed(producer, consume))
    assert producer.made <= after + DEPTH + 2


def test_the_first_error_wins() -> None:
    def consume(items: Iterator[int]) -> None:
        next(items)
        raise Stated

    with pytest.raises(Stated):
        in_time(lambda: feed(Producer(2, ValueError()), consume))


def test_the_producer_is_not_read_on_after_it() -> None:
    """What its end would raise is nobody's concern."""
    producer = Producer(10 * DEPTH, ValueError())

    def consume(items: Iterator[int]) -> None:
        next(items)
        raise Stated

    with pytest.raises(Stated):
        feed(producer, consume)
    assert not producer.ended


# --- ends -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("takes", [0, 1, 3])
def test_a_consumer_that_stops_early(takes: int) -> None:
    """What it leaves over is not asked for, and can be had from the same iterator."""
    producer = Producer(10**6)
    items = iter(producer)
    assert feed(items, lambda items: [next(items) for _ in range(takes)]) == list(range(takes))
    assert producer.made <= takes + DEPTH + 2
    assert next(items) == producer.made - 1


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interrupted_producer_ends_the_consumer(kind: type[BaseException]) -> None:
    ended = threading.Event()

    def consume(items: Iterator[int]) -> int:
        try:
            return sum(items)
        except Exception:
            return -1  # an interrupt is no error that a consumer could make something of
        finally:
            ended.set()

    with pytest.raises(kind):
        in_time(lambda: feed(Producer(3, kind()), consume))
    assert ended.is_set()


# --- one in another -------------------------------------------------------------------------------


def doubled(items: Iterator[int]) -> Iterator[int]:
    for number in items:
        yield 2 * number


def nested(items: Iterable[int], consume: Callable[[Iterator[int]], int]) -> int:
    """Three threads, as a layer is read."""
    return feed(items, lambda first: feed(doubled(first), consume))


def test_nested() -> None:
    assert nested(range(MANY), total) == MANY * (MANY - 1)


@pytest.mark.parametrize("error", [Stated, KeyboardInterrupt])
def test_nested_error_of_the_producer(error: type[BaseException]) -> None:
    with pytest.raises(error):
        in_time(lambda: nested(Producer(MANY, error()), total))


def test_nested_error_in_the_middle() -> None:
    producer = Producer(10**9)

    def broken(items: Iterator[int]) -> Iterator[int]:
        yield next(items)
        raise Stated

    with pytest.raises(Stated):
        in_time(lambda: feed(producer, lambda first: feed(broken(first), total)))
    assert producer.made <= 3 * DEPTH


def test_nested_error_of_the_consumer() -> None:
    producer = Producer(10**9)

    def consume(items: Iterator[int]) -> int:
        next(items)
        raise Stated

    with pytest.raises(Stated):
        in_time(lambda: nested(producer, consume))
    assert producer.made <= 3 * DEPTH


def test_nested_consumer_that_stops_early() -> None:
    producer = Producer(10**6)
    assert nested(producer, next) == 0
    assert producer.made <= 3 * DEPTH


def test_several_at_once() -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(nested(range(MANY), total))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == [MANY * (MANY - 1)] * 4
