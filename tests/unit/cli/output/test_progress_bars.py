"""Which display is chosen, and what bars are made of, without a terminal (those: tests/e2e)."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ksimage.cli.output import progress
from ksimage.cli.output.terminal import QUIET, Terminal
from ksimage.images.manifest import Descriptor
from ksimage.locations.protocol import Outcome, Transfer
from ksimage.locations.transfer import Progress

PATIENCE = 0.03


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def before_a_person(**environ: str | None) -> Iterator[Tty]:
    """Stderr is a terminal. (No fixture: pytest exchanges sys.stderr before each test's call.)"""
    usual = {"TERM": "xterm", "COLUMNS": "100", "GITHUB_ACTIONS": None, "GITLAB_CI": None}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**usual, "KSIMAGE_OUTPUT": None, **environ}.items():
            if value is None:
                patch.delenv(name, raising=False)
            else:
                patch.setenv(name, value)
        patch.setattr(progress, "_PATIENCE", PATIENCE)
        made = Tty()
        patch.setattr(sys, "stderr", made)
        yield made


@contextmanager
def sending() -> Iterator[tuple[Tty, Progress]]:
    with before_a_person() as stderr, progress.progress(Terminal()) as bars:
        yield stderr, bars


def blob(size: int, digit: str = "a") -> Descriptor:
    return Descriptor("x", f"sha256:{digit * 64}", size)


def until_shown(stderr: Tty, text: str) -> None:
    deadline = time.monotonic() + 10
    while text not in stderr.getvalue():
        assert time.monotonic() < deadline, stderr.getvalue()
        time.sleep(0.005)


class TestChoice:
    def test_a_terminal(self) -> None:
        with before_a_person():
            assert Terminal().animated

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            *(("TERM", value) for value in ("dumb", "unknown", "", None)),
            ("GITHUB_ACTIONS", "true"),  # some CI systems give their jobs a terminal
            ("GITLAB_CI", "true"),
            ("KSIMAGE_OUTPUT", "json"),
        ],
    )
    def test_an_environment(self, name: str, value: str | None) -> None:
        with before_a_person(**{name: value}):
            assert not Terminal().animated

    def test_quiet(self) -> None:
        with before_a_person():
            terminal = Terminal()
            terminal.level = QUIET
            assert not terminal.animated

    @pytest.mark.parametrize("stderr", [None, io.StringIO()])
    def test_no_terminal(self, stderr: io.StringIO | None) -> None:
        with before_a_person(), pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stderr", stderr)
            assert not Terminal().animated


class TestBars:
    def test_what_is_over_in_time_is_not_shown(self) -> None:
        large = blob(10 << 20)
        with sending() as (stderr, bars):
            bars.advance(large, large.size)
            bars.done(Transfer(large, Outcome.SENT, large.size))
            time.sleep(3 * PATIENCE)
            assert stderr.getvalue() == ""
            # another one is waited for afresh
            bars.advance(blob(20 << 20, "b"), 1 << 20)
            until_shown(stderr, "sending bbbbbbbbbbbb")
            assert "aaaa" not in stderr.getvalue()

    def test_a_line_that_stalls_at_once(self) -> None:
        with sending() as (stderr, bars):
            bars.advance(blob(10 << 20), 0)
            until_shown(stderr, "0.0/10.5 MB")

    def test_small_blobs_have_none(self) -> None:
        with sending() as (stderr, bars):
            bars.advance(blob(1000), 500)
            time.sleep(3 * PATIENCE)
            assert stderr.getvalue() == ""

    def test_retries_count_no_more_than_there_is(self) -> None:
        with sending() as (stderr, bars):
            bars.advance(blob(10 << 20), 9 << 20)
            bars.advance(blob(10 << 20), 9 << 20)
            until_shown(stderr, "10.5/10.5 MB")

    def test_a_late_report_brings_no_bar_back(self) -> None:
        large = blob(10 << 20)
        with sending() as (stderr, bars):
            bars.done(Transfer(large, Outcome.SENT, large.size))
            bars.advance(large, 1 << 20)
            time.sleep(3 * PATIENCE)
            assert stderr.getvalue() == ""

    def test_what_was_read_goes_while_the_rest_stays(self) -> None:
        with before_a_person() as stderr:
            with progress.reading(Terminal()) as bars:
                for digit in "ab":
                    bars.advance(blob(10 << 20, digit), 1 << 20)
                until_shown(stderr, "reading bbbbbbbbbbbb")
                bars.advance(blob(10 << 20, "a"), 9 << 20)
                said = len(stderr.getvalue())
                deadline = time.monotonic() + 10
                while stderr.getvalue()[said:].count("bbbb") < 3:
                    assert time.monotonic() < deadline
                assert stderr.getvalue()[said:].count("reading aaaa") <= 1
            shown = stderr.getvalue()
        assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l"), "the cursor is hidden"


def test_layers_that_platforms_share_are_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    reading = progress.ReadingLines(Terminal(), "v3.3.2")
    for _ in range(2):
        reading.advance(blob(18_954_258), 0)
        reading.advance(blob(18_954_258), 18_954_258)
    reading.advance(blob(1000, "b"), 0)
    assert capsys.readouterr().err == (f"[v3.3.2] reading  sha256:{'a' * 12}… 18,954,258 bytes\n")
