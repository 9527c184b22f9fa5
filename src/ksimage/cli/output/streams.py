"""The standard streams: closed ones go nowhere, and a reader that leaves stops no work."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer


class _Patient(io.FileIO):
    """A stream whose reader may go away: what is written from then on goes nowhere.

    ``ksimage build ... 2>&1 | head -1`` is to build and push all the same.
    """

    def write(self, data: Buffer, /) -> int:
        try:
            return super().write(data) or 0
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return super().write(data) or 0


class Marks(io.TextIOBase):
    """Where a CI system's marks and annotations go: stderr, after ``cleaned``."""

    def __init__(self, cleaned: Callable[[str], str]) -> None:
        self._cleaned = cleaned

    def write(self, text: str, /) -> int:
        return sys.stderr.write(self._cleaned(text))

    def flush(self) -> None:
        sys.stderr.flush()


def open_standard() -> None:
    """Make the streams of this process fit for a run, once, before anything is written.

    What the caller has closed (``>&-``) goes nowhere: its number must not become a socket's.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nowhere, mode, closefd=False))
    sys.stdout, sys.stderr = _patient(sys.stdout), _patient(sys.stderr)


def _patient(stream: TextIO) -> TextIO:
    raw = _Patient(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream is sys.stderr or stream.isatty(),
    )
