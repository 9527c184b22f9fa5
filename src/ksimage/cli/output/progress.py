"""What is under way: bars on a terminal, one line a blob elsewhere.

Several builds at once print lines on a terminal, too: each marks its own, and a dozen bars of
different images would tell less.
"""

from __future__ import annotations

import sys
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import ProgressColumn, TaskID

    from ksimage.cli.output.terminal import Terminal
    from ksimage.images.manifest import Descriptor
    from ksimage.locations.protocol import Transfer
    from ksimage.locations.transfer import Progress

_SMALL = 64 << 10  # blobs that need no bar or line of their own
_LARGE = 1 << 20  # layers whose reading is worth a line before it is done
_PATIENCE = 0.5  # seconds that nobody asks what is going on; rich takes an eighth of one to load
_WIDE = 64  # columns; a narrower terminal has no room for the bar itself


def progress(terminal: Terminal) -> AbstractContextManager[Progress]:
    """The display for a copy that fits stderr."""
    return _display(terminal, "sending", Lines)


def reading(terminal: Terminal) -> AbstractContextManager[Progress]:
    """The display for the base's layers while the hook is looked for; it is told no ``done``."""
    return _display(terminal, "reading", ReadingLines)


@contextmanager
def _display(
    terminal: Terminal, verb: str, otherwise: Callable[[Terminal], Progress]
) -> Iterator[Progress]:
    if not terminal.animated:
        yield otherwise(terminal)
        return
    with closing(_Bars(terminal, verb)) as bars:
        yield bars


class Lines:
    """One line a blob, marked with ``name`` where several images are on their way."""

    def __init__(self, terminal: Terminal, name: str = "") -> None:
        self._terminal = terminal
        self._name = name

    def start(self, descriptor: Descriptor) -> None:
        """Nothing to say before it is done."""

    def advance(self, descriptor: Descriptor, count: int) -> None:
        """Nothing to say before it is done."""

    def done(self, transfer: Transfer) -> None:
        large = transfer.descriptor.size > _SMALL
        self._say(transfer.outcome.value, transfer.descriptor, aloud=large)

    def _say(self, verb: str, descriptor: Descriptor, *, aloud: bool = True) -> None:
        text = f"{verb:<8} {descriptor.digest[:19]}… {descriptor.size:,} bytes"
        if self._name and not self._terminal.in_part:
            text = f"[{self._name}] {text}"  # said from a thread of the copy, not of the build
        if aloud:
            self._terminal.step(text)
        else:
            self._terminal.detail(text)


class ReadingLines(Lines):
    """One line a layer that is large enough to be waited for; those that platforms share once."""

    def __init__(self, terminal: Terminal, name: str = "") -> None:
        super().__init__(terminal, name)
        self._named: set[str] = set()

    def advance(self, descriptor: Descriptor, count: int) -> None:
        if descriptor.size > _LARGE and descriptor.digest not in self._named:
            self._named.add(descriptor.digest)
            self._say("reading", descriptor)


class _Bars:
    """A bar for each blob whose bytes are moving; none, and no rich, for what is over quickly."""

    def __init__(self, terminal: Terminal, verb: str) -> None:
        self._terminal = terminal
        self._verb = verb
        self._lock = threading.Lock()
        self._moving: dict[str, tuple[Descriptor, int]] = {}
        self._over: set[str] = set()
        self._timer: threading.Timer | None = None
        self._closed = False
        self._rich: RichProgress | None = None
        self._tasks: dict[str, TaskID] = {}

    def start(self, descriptor: Descriptor) -> None:
        """Its bytes may never have to move."""

    def advance(self, descriptor: Descriptor, count: int) -> None:
        digest = descriptor.digest
        with self._lock:
            if descriptor.size <= _SMALL or digest in self._over:
                return
            done = self._moving.get(digest, (descriptor, 0))[1] + count
            self._moving[digest] = descriptor, min(done, descriptor.size)
            if self._rich:
                self._draw(self._rich, digest)
            elif self._timer is None:
                # a timer: where the line stalls, nobody calls here
                self._timer = threading.Timer(_PATIENCE, self._begin)
                self._timer.daemon = True
                self._timer.start()
            if done >= descriptor.size and self._verb == "reading":
                self._end(digest)

    def done(self, transfer: Transfer) -> None:
        with self._lock:
            self._end(transfer.descriptor.digest)

    def close(self) -> None:
        """Take the bars away."""
        with self._lock:
            self._closed = True
            timer, rich = self._timer, self._rich
        if timer:
            timer.cancel()
        if rich:
            rich.stop()

    def _begin(self) -> None:
        if not self._wanted():
            return
        from rich.console import Console
        from rich.progress import Progress as RichProgress

        colored = self._terminal.colored(sys.stderr)
        console = Console(stderr=True, force_terminal=True, no_color=not colored)
        made = RichProgress(
            *_columns(console), console=console, transient=True, expand=True, redirect_stdout=False
        )
        with self._lock:
            if self._closed:
                return
            self._rich = made
            for digest in self._moving:
                self._draw(made, digest)
            made.start()

    def _wanted(self) -> bool:
        """Whether there is something to show by now; else the next blob starts a new timer."""
        with self._lock:
            if not self._moving:
                self._timer = None
            return bool(self._moving) and not self._closed

    def _draw(self, rich: RichProgress, digest: str) -> None:
        descriptor, done = self._moving[digest]
        if digest not in self._tasks:
            shown = digest.removeprefix("sha256:")
            self._tasks[digest] = rich.add_task(
                self._verb, total=descriptor.size, digest=shown[:12], short=shown[:6]
            )
        rich.update(self._tasks[digest], completed=done)

    def _end(self, digest: str) -> None:
        self._over.add(digest)
        self._moving.pop(digest, None)
        task = self._tasks.pop(digest, None)
        if self._rich and task is not None:
            self._rich.remove_task(task)


def _columns(console: Console) -> list[ProgressColumn]:
    """Bytes, total, rate and the time that is left, in the room that there is."""
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    if console.width < _WIDE:
        narrow = TextColumn("{task.fields[short]}"), TimeRemainingColumn(compact=True)
        return [narrow[0], DownloadColumn(), TransferSpeedColumn(), narrow[1]]
    return [
        TextColumn("{task.description} {task.fields[digest]}"),
        BarColumn(bar_width=None),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    ]
