"""Several releases in one run: some at once, each on its own, one row of a table each.

One failing release does not stop the others, unless asked to. Ctrl-C stops all of them at the next
chunk; names move last, so no tag is left half-made.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import FIRST_COMPLETED, wait
from typing import TYPE_CHECKING

from ksimage.build.outcome import Ending, ReleaseOutcome, state_of
from ksimage.errors import BuildsFailed, KsimageError, SystemRefused
from ksimage.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ksimage.build.outcome import Built
    from ksimage.images.manifest import Descriptor
    from ksimage.locations.protocol import Transfer
    from ksimage.locations.transfer import Progress


class Stoppable:
    """A progress that raises KeyboardInterrupt in the thread that reports after the stop."""

    def __init__(self, progress: Progress, stop: threading.Event) -> None:
        self._progress = progress
        self._stop = stop

    def start(self, descriptor: Descriptor) -> None:
        self._check()
        self._progress.start(descriptor)

    def advance(self, descriptor: Descriptor, count: int) -> None:
        self._check()
        self._progress.advance(descriptor, count)

    def done(self, transfer: Transfer) -> None:
        self._progress.done(transfer)

    def _check(self) -> None:
        if self._stop.is_set():
            raise KeyboardInterrupt


def run(
    releases: Sequence[str],
    build_one: Callable[[str, threading.Event], Built],
    *,
    jobs: int,
    fail_fast: bool,
    finished: Callable[[ReleaseOutcome], None],
) -> list[ReleaseOutcome]:
    """Build every release.

    Args:
        releases: what to build, each once.
        build_one: builds one release, or raises KsimageError or OSError; called from several
            threads. It is to give up once the event is set.
        jobs: how many at once.
        fail_fast: start nothing more after the first failure.
        finished: told of every outcome as it is ready, in the calling thread.

    Returns:
        A outcome for every release, in the given order.

    Raises:
        KeyboardInterrupt: the running builds have stopped, or have been left where they hang.
    """
    stop = threading.Event()
    # set by the build that failed: its thread takes the next one at once
    enough = threading.Event()

    def one(release: str) -> ReleaseOutcome:
        if enough.is_set():
            return ReleaseOutcome(release, Ending.NOT_RUN)
        outcome = _one(release, build_one, stop)
        if outcome.state is Ending.FAILED and fail_fast:
            enough.set()
        return outcome

    outcomes: dict[str, ReleaseOutcome] = {}
    with Threads(max(1, jobs), "release") as pool:
        try:
            pending = {pool.submit(one, release) for release in releases}
            while pending:
                # Ctrl-C just before a wait begins would be noticed only when it ends
                done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
                for outcome in (future.result() for future in done):
                    outcomes[outcome.release] = outcome
                    if outcome.state is not Ending.NOT_RUN:
                        finished(outcome)
        finally:
            enough.set()
            stop.set()
    return [outcomes[release] for release in releases]


def require(outcomes: Sequence[ReleaseOutcome]) -> None:
    """Raise BuildsFailed when any release failed."""
    failed = [outcome.release for outcome in outcomes if outcome.state is Ending.FAILED]
    if failed:
        undone = (Ending.FAILED, Ending.NOT_RUN)
        done = sum(outcome.state not in undone for outcome in outcomes)
        raise BuildsFailed(failed, len(outcomes), done)


def _one(
    release: str, build_one: Callable[[str, threading.Event], Built], stop: threading.Event
) -> ReleaseOutcome:
    started = time.monotonic()
    try:
        built = build_one(release, stop)
    except (KsimageError, OSError) as error:
        known = SystemRefused(error) if isinstance(error, OSError) else error
        return ReleaseOutcome(release, Ending.FAILED, time.monotonic() - started, error=known)
    return ReleaseOutcome(release, state_of(built), time.monotonic() - started, built)
