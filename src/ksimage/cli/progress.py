"""Progress of a copy: bars on a terminal, one line a blob elsewhere."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ksimage.cli.terminal import NORMAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ksimage.cli.terminal import Terminal
    from ksimage.images.manifest import Descriptor
    from ksimage.locations.protocol import Transfer
    from ksimage.locations.transfer import Progress

_SMALL = 64 << 10  # blobs that need no bar of their own


@contextmanager
def progress(terminal: Terminal) -> Iterator[Progress]:
    """The progress display that fits stderr."""
    if terminal.level < NORMAL or not sys.stderr.isatty():
        yield _Lines(terminal)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as Bars

    with Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, no_color=not terminal.colored(sys.stderr)),
        transient=True,
    ) as bars:
        yield _Bars(bars)


def lines(terminal: Terminal, name: str = "") -> Progress:
    """One line a blob, marked with ``name`` where several images are on their way."""
    return _Lines(terminal, name)


class _Lines:
    def __init__(self, terminal: Terminal, name: str = "") -> None:
        self._terminal = terminal
        self._name = name

    def start(self, descriptor: Descriptor) -> None:
        """Nothing to say before it is done."""

    def advance(self, descriptor: Descriptor, count: int) -> None:
        """Nothing to say before it is done."""

    def done(self, transfer: Transfer) -> None:
        size = transfer.descriptor.size
        text = f"{transfer.outcome.value:<8} {transfer.descriptor.digest[:19]}… {size:,} bytes"
        if self._name:
            text = f"[{self._name}] {text}"  # said from a thread of the copy, not of the build
        if size > _SMALL:
            self._terminal.step(text)
        else:
            self._terminal.detail(text)


class _Bars:
    def __init__(self, bars: object) -> None:
        from rich.progress import Progress as Bars
        from rich.progress import TaskID

        assert isinstance(bars, Bars)
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def start(self, descriptor: Descriptor) -> None:
        """A bar for what is large; it shows once bytes move."""

    def advance(self, descriptor: Descriptor, count: int) -> None:
        if descriptor.size <= _SMALL:
            return
        if descriptor.digest not in self._tasks:
            self._tasks[descriptor.digest] = self._bars.add_task(
                descriptor.digest[7:19], total=descriptor.size
            )
        self._bars.advance(self._tasks[descriptor.digest], count)

    def done(self, transfer: Transfer) -> None:
        task = self._tasks.get(transfer.descriptor.digest)
        if task is not None:
            self._bars.update(task, completed=transfer.descriptor.size)
