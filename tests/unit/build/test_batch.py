"""Several builds in one run: order, failures, interrupts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support import derived

from ksimage.build import batch
from ksimage.build.batch import Stoppable
from ksimage.build.make import make
from ksimage.build.outcome import Built, Ending, ReleaseOutcome, state_of
from ksimage.errors import BuildsFailed, NotFound
from ksimage.images.manifest import Descriptor

RELEASES = ("v3.1.0", "v3.2.0", "v3.3.2", "v3.4.1")
BuildOne = Callable[[str, threading.Event], Built]
BLOB = Descriptor("application/octet-stream", "sha256:" + "0" * 64, 10)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    with derived.planned(derived.base(folder / "base")) as plan:
        return make(plan, derived.destination(f"oci:{folder / 'out'}:x"))


def run(
    build_one: BuildOne, *, jobs: int = 2, fail_fast: bool = False
) -> tuple[list[ReleaseOutcome], list[str]]:
    """The rows, and the releases in the order in which they were reported."""
    told: list[str] = []
    rows = batch.run(
        RELEASES,
        build_one,
        jobs=jobs,
        fail_fast=fail_fast,
        finished=lambda row: told.append(row.release),
    )
    return rows, told


def test_rows_keep_the_order_whoever_is_ready_first(built: Built) -> None:
    gates = {release: threading.Event() for release in RELEASES}
    gates[RELEASES[-1]].set()
    told: list[str] = []

    def build_one(release: str, stop: threading.Event) -> Built:
        assert gates[release].wait(20)
        return built

    def finished(row: ReleaseOutcome) -> None:
        told.append(row.release)
        gates[RELEASES[RELEASES.index(row.release) - 1]].set()

    rows = batch.run(RELEASES, build_one, jobs=4, fail_fast=False, finished=finished)
    assert tuple(row.release for row in rows) == RELEASES
    assert tuple(told) == RELEASES[::-1]
    assert {row.state for row in rows} == {Ending.BUILT}


def test_rows_tell_what_was_built(built: Built) -> None:
    rows, _ = run(lambda release, stop: built)
    assert rows[0].digest == built.published.top.digest
    assert rows[0].platforms == "linux/amd64"
    assert built.published.copied is not None
    assert built.published.sent == built.published.copied.sent > 0
    assert rows[0].seconds >= 0
    empty = ReleaseOutcome("v3.3.2", Ending.FAILED, error=NotFound("x"))
    assert (empty.digest, empty.platforms) == ("", "")


@pytest.mark.parametrize("jobs", [1, 3, 0])
def test_no_more_than_jobs_at_once(built: Built, jobs: int) -> None:
    running, most, guard = 0, 0, threading.Lock()

    def build_one(release: str, stop: threading.Event) -> Built:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with guard:
            running -= 1
        return built

    run(build_one, jobs=jobs)
    assert most == max(1, jobs)


def failing(built: Built, *bad: str) -> BuildOne:
    def build_one(release: str, stop: threading.Event) -> Built:
        if release in bad:
            raise NotFound(f"no {release}")
        return built

    return build_one


def test_a_failure_stops_nobody(built: Built) -> None:
    rows, told = run(failing(built, RELEASES[0], RELEASES[2]))
    assert [row.state for row in rows] == [Ending.FAILED, Ending.BUILT] * 2
    assert sorted(told) == sorted(RELEASES)
    assert rows[0].error is not None
    assert rows[0].error.message == "no v3.1.0"
    with pytest.raises(BuildsFailed, match=r"2 of 4 builds failed: v3\.1\.0, v3\.3\.2") as caught:
        batch.require(rows)
    assert caught.value.exit_code == 15
    assert caught.value.advice[0].startswith("the others are done; ")
    batch.require([rows[1]])


def test_what_was_not_begun_is_not_called_done() -> None:
    failed = ReleaseOutcome("v3.3.2", Ending.FAILED)
    with pytest.raises(BuildsFailed) as caught:
        batch.require([failed])
    assert caught.value.advice == ["none is done; each has said why"]
    built = ReleaseOutcome("v3.4.0", Ending.UP_TO_DATE)
    with pytest.raises(BuildsFailed) as caught:
        batch.require([failed, built, ReleaseOutcome("v3.4.1", Ending.NOT_RUN)])
    assert caught.value.advice == ["1 of them done; the same command goes on with what is missing"]


def test_the_system_fails_one_release_only(built: Built) -> None:
    """A full disk, say."""

    def build_one(release: str, stop: threading.Event) -> Built:
        if release == RELEASES[1]:
            raise OSError(28, "No space left on device", "/tmp/x")
        return built

    rows, _ = run(build_one)
    assert [row.state is Ending.FAILED for row in rows] == [False, True, False, False]
    assert rows[1].error is not None
    assert (rows[1].error.kind, rows[1].error.why) == ("system-refused", "No space left on device")


def test_fail_fast_starts_nothing_more(built: Built) -> None:
    started: list[str] = []

    def build_one(release: str, stop: threading.Event) -> Built:
        started.append(release)
        if release == RELEASES[0]:
            raise NotFound("x")
        time.sleep(0.3)  # the failure is seen meanwhile
        return built

    rows, told = run(build_one, jobs=1, fail_fast=True)
    assert rows[0].state is Ending.FAILED
    assert [row.state for row in rows[2:]] == [Ending.NOT_RUN] * 2
    assert len(started) <= 2
    assert set(told) == set(started), "what never ran is not reported as ready"


def test_fail_fast_lets_what_runs_end(built: Built) -> None:
    begun = threading.Event()

    def build_one(release: str, stop: threading.Event) -> Built:
        if release == RELEASES[0]:
            assert begun.wait(20)
            raise NotFound("x")
        begun.set()
        time.sleep(0.1)
        assert not stop.is_set()
        return built

    rows, _ = run(build_one, jobs=2, fail_fast=True)
    assert rows[0].state is Ending.FAILED
    assert rows[1].state is Ending.BUILT


def test_interrupt_stops_what_runs(built: Built) -> None:
    """Ctrl-C comes to the main thread; the others notice at their next chunk."""
    running, ended = threading.Barrier(3), []

    def build_one(release: str, stop: threading.Event) -> Built:
        if release == RELEASES[3]:
            return built
        if release == RELEASES[0]:
            running.wait(20)
            return built
        progress = Stoppable(_Silent(), stop)
        running.wait(20)
        try:
            while True:
                progress.advance(BLOB, 1)
                time.sleep(0.005)
        finally:
            ended.append(release)

    def interrupted(row: ReleaseOutcome) -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        batch.run(RELEASES, build_one, jobs=3, fail_fast=False, finished=interrupted)
    assert time.monotonic() - started < 10
    assert len(ended) >= 2, "the running ones were waited for"


def test_a_mistake_of_our_own_is_not_hidden(built: Built) -> None:
    def build_one(release: str, stop: threading.Event) -> Built:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(build_one)


def test_watching_passes_on_until_the_stop() -> None:
    told = _Silent()
    stop = threading.Event()
    progress = Stoppable(told, stop)
    progress.start(BLOB)
    progress.advance(BLOB, 3)
    assert told.calls == ["start", "advance 3"]
    assert not stop.is_set()
    stop.set()
    assert stop.is_set()
    with pytest.raises(KeyboardInterrupt):
        progress.start(BLOB)
    with pytest.raises(KeyboardInterrupt):
        progress.advance(BLOB, 1)
    assert told.calls == ["start", "advance 3"]


def test_up_to_date(tmp_path: Path) -> None:
    with derived.planned(derived.base(tmp_path / "base")) as plan:
        to = derived.destination(f"oci:{tmp_path / 'out'}:x")
        assert state_of(make(plan, to)) is Ending.BUILT
        assert state_of(make(plan, to)) is Ending.UP_TO_DATE


class _Silent:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def start(self, descriptor: Descriptor) -> None:
        self.calls.append("start")

    def advance(self, descriptor: Descriptor, count: int) -> None:
        self.calls.append(f"advance {count}")

    def done(self, transfer: object) -> None:
        self.calls.append("done")
