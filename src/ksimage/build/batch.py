"""Several releases in one run: some at once, each on its own, one row of a table each.

One failing release does not stop the others, unless asked to. Ctrl-C stops all of them at the next
chunk; names move last, so no tag is left half-made.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import FIRST_COMPLETED, wait
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from ksimage.errors import BuildsFailed, KsimageError, SystemRefused
from ksimage.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ksimage.build.make import Built
    from ksimage.images.manifest import Descriptor
    from ksimage.locations.protocol import Transfer
    from ksimage.locations.transfer import Progress


class State(Enum):
    """How one release's build ended."""

    BUILT = "built"
    UP_TO_DATE = "up to date"
    FAILED = "failed"
    NOT_RUN = "not run"


class Row(NamedTuple):
    """One release's line in the summary. ``seconds`` of wall time, ``error`` when FAILED."""

    release: str
    state: State
    seconds: float = 0.0
    built: Built | None = None
    error: KsimageError | None = None

    @property
    def platforms(self) -> str:
        """Platforms, separated by blanks."""
        return " ".join(self.built.image_ids) if self.built else ""

    @property
    def digest(self) -> str:
        """Digest of the result, empty when there is none."""
        return self.built.published.top.digest if self.built else ""

    @property
    def bytes_sent(self) -> int:
        """Bytes that went to the destination."""
        copied = self.built.published.copied if self.built else None
        return copied.sent if copied else 0


class Stop:
    """Tells running builds to give up: an event, and a progress that raises once it is set."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Ask everybody to stop."""
        self._event.set()

    def __bool__(self) -> bool:
        return self._event.is_set()

    def watching(self, progress: Progress) -> Progress:
        """``progress``, raising KeyboardInterrupt in the thread that reports after the stop."""
        return _Watching(progress, self)


class _Watching:
    def __init__(self, progress: Progress, stop: Stop) -> None:
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
        if self._stop:
            raise KeyboardInterrupt


def run(
    releases: Sequence[str],
    build_one: Callable[[str, Stop], Built],
    *,
    jobs: int,
    fail_fast: bool,
    finished: Callable[[Row], None],
) -> list[Row]:
    """Build every release.

    Args:
        releases: what to build, each once.
        build_one: builds one release, or raises KsimageError or OSError; called from several
            threads.
        jobs: how many at once.
        fail_fast: start nothing more after the first failure.
        finished: told of every row as it is ready, in the calling thread.

    Returns:
        A row for every release, in the given order.

    Raises:
        KeyboardInterrupt: the running builds have stopped, or have been left where they hang.
    """
    stop = Stop()
    # set by the build that failed: its thread takes the next one at once
    enough = threading.Event()

    def one(release: str) -> Row:
        if enough.is_set():
            return Row(release, State.NOT_RUN)
        row = _one(release, build_one, stop)
        if row.state is State.FAILED and fail_fast:
            enough.set()
        return row

    rows: dict[str, Row] = {}
    with Threads(max(1, jobs), "release") as pool:
        try:
            pending = {pool.submit(one, release) for release in releases}
            while pending:
                # Ctrl-C just before a wait begins would be noticed only when it ends
                done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
                for row in (future.result() for future in done):
                    rows[row.release] = row
                    if row.state is not State.NOT_RUN:
                        finished(row)
        finally:
            enough.set()
            stop.set()
    return [rows[release] for release in releases]


def state_of(built: Built) -> State:
    """How a build that did not fail ended."""
    return State.UP_TO_DATE if built.published.up_to_date else State.BUILT


def require(rows: Sequence[Row]) -> None:
    """Raise BuildsFailed when any release failed."""
    failed = [row.release for row in rows if row.state is State.FAILED]
    if failed:
        raise BuildsFailed(failed, len(rows))


def _one(release: str, build_one: Callable[[str, Stop], Built], stop: Stop) -> Row:
    started = time.monotonic()
    try:
        built = build_one(release, stop)
    except (KsimageError, OSError) as error:
        known = SystemRefused(error) if isinstance(error, OSError) else error
        return Row(release, State.FAILED, time.monotonic() - started, error=known)
    return Row(release, state_of(built), time.monotonic() - started, built)
