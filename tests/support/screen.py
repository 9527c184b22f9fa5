"""ksimage before a person: stderr is a pseudo-terminal, and what stands on its screen is kept."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.program import COMMAND, environment

_SEQUENCE = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\x1b\](.*?)(?:\x07|\x1b\\)")


@dataclass
class Screen:
    """What a terminal shows, as far as bars use it: lines, cursor moves, erasing.

    Attributes:
        frames: the screen after each piece of output, without trailing blanks and empty lines.
        sequences: every escape sequence that came.
    """

    columns: int
    frames: list[str] = field(default_factory=list)
    sequences: list[str] = field(default_factory=list)
    _lines: list[str] = field(default_factory=lambda: [""])
    _row: int = 0
    _column: int = 0

    @property
    def text(self) -> str:
        """What stands there now, scrolled off lines included."""
        return "\n".join(line.rstrip() for line in self._lines).rstrip()

    @property
    def cursor_visible(self) -> bool:
        shown = [s for s in self.sequences if s in ("\x1b[?25l", "\x1b[?25h")]
        return not shown or shown[-1] == "\x1b[?25h"

    def write(self, text: str) -> None:
        at = 0
        while at < len(text):
            if match := _SEQUENCE.match(text, at):
                self.sequences.append(match[0])
                self._obey(match[1], match[2])
                at = match.end()
                continue
            self._put(text[at])
            at += 1
        self.frames.append(self.text)

    def _obey(self, numbers: str, letter: str) -> None:
        if letter == "A":
            self._row = max(0, self._row - int(numbers or 1))
        elif letter == "K":
            assert numbers == "2", f"erasing like {numbers!r} was not seen before"
            self._lines[self._row] = ""
        else:
            assert letter in ("m", "h", "l", None), f"{numbers}{letter} was not seen before"

    def _put(self, sign: str) -> None:
        if sign == "\r":
            self._column = 0
            return
        if sign == "\n" or self._column == self.columns:
            self._row, self._column = self._row + 1, 0
            if self._row == len(self._lines):
                self._lines.append("")
            if sign == "\n":
                return
        line = self._lines[self._row].ljust(self._column)
        self._lines[self._row] = line[: self._column] + sign + line[self._column + 1 :]
        self._column += 1


@dataclass(frozen=True)
class Watched:
    """A run that has ended: exit code, stdout, and stderr's screen."""

    code: int
    stdout: str
    screen: Screen

    def ok(self) -> Watched:
        assert self.code == 0, self.screen.text
        return self


def watch(
    *arguments: str,
    cwd: Path,
    env: Mapping[str, str | None] | None = None,
    columns: int = 80,
    command: tuple[str, ...] = COMMAND,
    interrupt_when: Callable[[str], bool] | None = None,
) -> Watched:
    """Run ksimage in ``cwd`` before a terminal; Ctrl-C once the screen is as described."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 200, columns, 0, 0))
    usual = {"TERM": "xterm-256color", "COLUMNS": None, "LINES": None, "CI": None}
    # a CI system around the tests would get lines
    around = {key: None for key in os.environ if key.startswith(("GITHUB_", "GITLAB_"))}
    process = subprocess.Popen(
        [*command, *arguments],
        cwd=cwd,
        env=environment({**around, **usual, **(env or {})}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    screen = Screen(columns)
    out: list[str] = []
    assert process.stdout is not None
    reader = threading.Thread(target=lambda pipe: out.append(pipe.read()), args=(process.stdout,))
    reader.start()
    deadline = time.monotonic() + 60
    try:
        while text := _read(ours):
            assert time.monotonic() < deadline, screen.text
            screen.write(text)
            if interrupt_when and interrupt_when(screen.text):
                process.send_signal(signal.SIGINT)
                interrupt_when = None
        code = process.wait(20)
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()
        os.close(ours)
    return Watched(code, "".join(out), screen)


def _read(terminal: int) -> str:
    """The next piece of whole characters; empty when the last writer has gone."""
    data = b""
    while True:
        try:
            data += os.read(terminal, 1 << 16)
        except OSError:  # Linux says EIO
            return ""
        try:
            return data.decode()
        except UnicodeDecodeError:
            continue
