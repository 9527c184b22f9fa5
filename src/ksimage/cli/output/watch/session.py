"""One watching from its begin to its end: frames in; a screen, lines or NDJSON out; a verdict."""

from __future__ import annotations

import sys
import time
from io import TextIOWrapper
from threading import Event
from typing import TYPE_CHECKING

import click

from ksimage.cli.output.watch import lines, screen
from ksimage.cli.output.watch import report as reports
from ksimage.cli.output.watch.cells import Paint
from ksimage.cli.output.watch.display import Display
from ksimage.errors import EventsWithoutEnd, InstallationFailed, InstallationUnknown, KsimageError
from ksimage.events.feed import Feed, paced
from ksimage.events.frames import Chronicle
from ksimage.events.phases import InstallationVerdict, judge
from ksimage.events.sources import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ksimage.cli.output.terminal import Terminal
    from ksimage.events.frames import EventSource, Frame

_TURN = 0.25
"""Seconds between two frames of the screen."""
_FAREWELL = 5.0
"""Seconds that the program in the pod has for its end frame, once the verdict is known."""


class Watching:
    """Shows a source.

    Args:
        source: what is watched; closed at the end.
        save: a recording is made there.
        speed: what is over is told again, so many times as fast.
        words: lead another command to the same source.
    """

    def __init__(
        self,
        source: EventSource,
        terminal: Terminal,
        save: Path | None,
        speed: float | None,
        words: Sequence[str],
    ) -> None:
        self.source = source
        self._words = words
        self.speed = speed
        self._terminal = terminal
        self._stop = Event()
        self._told = Chronicle()
        self._told.title = source.title
        self._paint = Paint(terminal.colored(sys.stdout))
        self._left = False
        self._clock_ahead = 0.0
        frames: Iterator[Frame] = source.frames()
        self._recorder = Recorder(save) if save is not None else None
        if self._recorder is not None:
            frames = self._recorder.record(frames, live=source.live)
        if speed is not None:
            frames = paced(frames, speed, self._stop)
        self._frames = frames
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # not every terminal knows ✓ and ▶

    def on_screen(self, pressed: Callable[[], list[str]]) -> None:
        """A screen until the end; then the report. ``pressed`` gives the keys of late.

        Raises:
            InstallationFailed, InstallationUnknown, PodLost, ClusterError: no success was seen.
        """
        choice = screen.Choice()
        with Display(sys.stdout) as display:

            def turn() -> None:
                for key in pressed():
                    self._press(key, choice)
                columns, rows = display.size
                now = self._now()
                display.show(screen.draw(self._told, choice, columns, rows, now, self._paint))

            error = self._run(lambda _frame, _fed: None, turn)
        self._end(error)

    def as_lines(self, *, quiet: bool = False) -> None:
        """A line for each event that is worth one, then the report. Raises as :meth:`on_screen`.

        Args:
            quiet: the report only.
        """

        def show(frame: Frame, fed: lines.Fed) -> None:
            said = [lines.of_frame(frame, self._told)]
            if fed is not None:
                said = lines.plain(*fed, self._paint)
            for text in said:
                if text and not quiet:
                    self._print(text)

        self._end(self._run(show, sys.stdout.flush))

    def as_json(self) -> None:
        """NDJSON on stdout, the verdict in its last line. Raises as :meth:`on_screen`."""
        self._print(lines.ndjson_begin(self._told))

        def show(frame: Frame, fed: lines.Fed) -> None:
            if fed is not None:
                self._print(lines.ndjson(*fed, len(self._told.attempts)))
            elif text := lines.ndjson_frame(frame, self._told):
                self._print(text)

        error = self._run(show, sys.stdout.flush)
        verdict = self._verdict(over=not self._left)
        raised = self._raised(error, verdict)
        code = raised.exit_code if raised else 0
        self._print(lines.ndjson_end(self._told, verdict, code))
        self._terminal.result("")  # so that the error adds no document of its own
        if raised:
            raise raised

    def _run(
        self, show: Callable[[Frame, lines.Fed], None], turn: Callable[[], None]
    ) -> KsimageError | None:
        """Take frames until the end. Returns the error by which the source ended, if it did."""
        feed = Feed(self._frames)
        asked: float | None = None
        try:
            while not feed.ended and not self._left:
                for frame in feed.batch(_TURN):
                    show(frame, self._take(frame))
                turn()
                caught_up = self.source.live and self._told.live and asked is None
                if caught_up and self._verdict().outcome != "running":
                    asked = time.monotonic()
                    self.source.finish()
                if asked is not None and time.monotonic() - asked > _FAREWELL:
                    break
        except KeyboardInterrupt:
            self._left = True
        except KsimageError as error:
            return error
        finally:
            self._stop.set()
            self.source.close()
            feed.settle(1.0)
        return None

    def _take(self, frame: Frame) -> lines.Fed:
        fed = self._told.take(frame)
        now = frame.get("now")
        if self.source.live and isinstance(now, (int, float)) and frame["k"] != "lost":
            self._clock_ahead = float(now) - time.time()
        return fed

    def _now(self) -> float:
        """The time there: a pod's clock goes on between its beats, a replay's does not."""
        if self.source.live:
            return max(self._told.now, time.time() + self._clock_ahead)
        return self._told.now

    def _press(self, key: str, choice: screen.Choice) -> None:
        if key == "q":
            self._left = True
        elif key in ("up", "down"):
            choice.panel = "lines"
            screen.step(self._told, choice, -1 if key == "up" else 1, self._now())
        elif key == "e":
            choice.errors_only = not choice.errors_only
        elif key == "f":
            choice.panel = "lines" if choice.panel == "failures" else "failures"
        elif key == "?":
            choice.panel = "lines" if choice.panel == "help" else "help"

    def _verdict(self, *, over: bool = False) -> InstallationVerdict:
        return judge(self._told.attempt, self._told.expected, over=over)

    def _end(self, error: KsimageError | None) -> None:
        """The report, and the error that carries the exit code."""
        over = not self._left and (error is not None or not self.source.live)
        if over:
            self._told.cut()
        verdict = self._verdict(over=over)
        for text in reports.report(
            self._told, verdict, self._paint, left=self._left, live=self.source.live
        ):
            self._print(text)
        if raised := self._raised(error, verdict):
            raise raised

    def _raised(
        self, error: KsimageError | None, verdict: InstallationVerdict
    ) -> KsimageError | None:
        """The error that carries the exit code, and what to type next.

        A recording that was asked for and is not whole is no success, though the verdict is.
        """
        unsaved = self._recorder.error if self._recorder is not None else None
        raised = error or self._error(verdict) or unsaved
        if raised is not None:
            raised.advice = (*raised.advice, *self._advice(error, verdict))
        return raised

    def _advice(self, error: KsimageError | None, verdict: InstallationVerdict) -> list[str]:
        """What goes on from what was seen; nothing where nothing was, or what is kept is broken."""
        seen = any(attempt.runs for attempt in self._told.attempts)
        if error is not None and not (seen and self.source.live):
            return []
        if isinstance(error, EventsWithoutEnd):
            return []  # whatever reads them meets it again
        return reports.advice(verdict, self.source.live, self._words)

    def _error(self, verdict: InstallationVerdict) -> KsimageError | None:
        if verdict.outcome == "success":
            return None
        if verdict.outcome == "failed":
            return InstallationFailed([run.component for run in verdict.failed])
        if self._left and not self.source.live:
            return InstallationUnknown("it was left before its end was shown")
        if self._left:
            return InstallationUnknown("it was left while the installation went on")
        return InstallationUnknown(verdict.why or "it was still going on")

    def _print(self, text: str) -> None:
        click.echo(self._terminal.without_secrets(text), color=self._terminal.colored(sys.stdout))
