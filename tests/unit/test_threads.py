"""Threads that Ctrl-C ends."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError

import pytest

from ksimage import threads
from ksimage.threads import GRACE, Threads

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
