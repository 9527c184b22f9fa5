"""Who waits for an answer is told for whom."""

from __future__ import annotations

import threading
import time

import pytest

from ksimage.locations.registry.http import silence
from ksimage.locations.registry.http.silence import Silence


def _watchers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "silence"}


def test_only_what_takes_long_is_told_and_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(silence, "NOTICE", 0.05)
    before = _watchers()
    waits = Silence()
    for number in range(20):
        waits.end(waits.begin(f"quick{number}", 9))
    slow = [waits.begin(name, patience) for name, patience in (("one", 30), ("two", 120))]
    assert len(_watchers() - before) == 1
    end = time.monotonic() + 10
    while len(caplog.messages) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.1)
    assert caplog.messages == [
        "waiting for one (0 s; at most 30)",
        "waiting for two (0 s; at most 120)",
    ]
    for wait in slow:
        waits.end(wait)
    while _watchers() - before and time.monotonic() < end:
        time.sleep(0.01)
    assert not _watchers() - before  # nothing is waited for
