"""A command before a real terminal: a pane of tmux, with its size, its keys and what it shows."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support import requires


@dataclass(frozen=True)
class Pane:
    """One that runs.

    Attributes:
        tmux: the command that leads to its server.
        env: of the server.
    """

    tmux: tuple[str, ...]
    env: Mapping[str, str]

    def tell(self, *words: str) -> str:
        """Run a command of tmux; its stdout."""
        command = [*self.tmux, *words]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        return done.stdout

    @property
    def text(self) -> str:
        """What stands there now."""
        return self.tell("capture-pane", "-p")

    @property
    def pid(self) -> int:
        """Of its first process."""
        return int(self.tell("display-message", "-p", "#{pane_pid}"))

    def keys(self, *names: str) -> None:
        """Press keys."""
        self.tell("send-keys", *names)

    def resize(self, columns: int, rows: int) -> None:
        """Change its size."""
        self.tell("resize-window", "-x", str(columns), "-y", str(rows))

    def until(self, met: Callable[[str], bool], seconds: float = 120) -> str:
        """Wait until what it shows is as wanted; what it shows."""
        deadline = time.monotonic() + seconds
        while not met(shown := self.text):
            assert time.monotonic() < deadline, f"it did not come:\n{shown}"
            time.sleep(0.2)
        return shown


@contextlib.contextmanager
def pane(
    shell: str, folder: Path, env: Mapping[str, str], columns: int = 80, rows: int = 24
) -> Iterator[Pane]:
    """A pane in which a line of shell runs in ``folder``; gone after the block."""
    tmux = (requires.program("tmux"), "-S", str(folder / "tmux"))
    made = Pane(tmux, {**env, "TERM": "xterm-256color"})
    size = ("-x", str(columns), "-y", str(rows))
    made.tell("new-session", "-d", *size, "-c", str(folder), "-s", "pane", shell)
    try:
        yield made
    finally:
        made.tell("kill-server")
