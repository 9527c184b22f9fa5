"""Who waits for an answer is told for whom."""

from __future__ import annotations

import logging
import threading
import time

NOTICE = 5.0
"""Seconds of silence after which it is said."""

log = logging.getLogger(__name__)


class Silence:
    """The requests that wait for their answers, and one thread that watches them while there are.

    A thread for each request would take a twentieth of a build.
    """

    def __init__(self) -> None:
        self._waiting: dict[object, tuple[float, str, float]] = {}
        self._watched = False
        self._lock = threading.Lock()

    def begin(self, netloc: str, patience: float) -> object:
        """An answer is waited for, at most ``patience`` seconds, until ``end`` of what returns."""
        key = object()
        with self._lock:
            self._waiting[key] = (time.monotonic() + NOTICE, netloc, patience)
            if not self._watched:
                self._watched = True
                threading.Thread(target=self._watch, name="silence", daemon=True).start()
        return key

    def end(self, key: object) -> None:
        """It is there, or will not be."""
        with self._lock:
            self._waiting.pop(key, None)

    def _watch(self) -> None:
        while True:
            time.sleep(NOTICE / 10)
            with self._lock:
                late = [key for key, wait in self._waiting.items() if wait[0] < time.monotonic()]
                for _, netloc, patience in map(self._waiting.pop, late):
                    log.warning("waiting for %s (%.0f s; at most %.0f)", netloc, NOTICE, patience)
                if not self._waiting:
                    self._watched = False
                    return
