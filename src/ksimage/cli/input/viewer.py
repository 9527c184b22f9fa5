"""Watch in the way that fits: a screen, and the keys that are pressed there; lines, or JSON."""

from __future__ import annotations

import os
import select
import sys
import termios
import time
import tty
from typing import TYPE_CHECKING, Literal, final

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from ksimage.cli.output.terminal import Terminal
    from ksimage.cli.output.watch.session import Watching
    from ksimage.cluster.kubectl import Kubectl

Progress = Literal["auto", "tty", "plain"]
LOOK_AGAIN = 3.0
"""Seconds between two looks for an installer that is not there yet."""


def view(watching: Watching, terminal: Terminal, progress: Progress = "auto") -> None:
    """Watch until the end. Raises as :meth:`Watching.on_screen`.

    Args:
        watching: what is watched.
        terminal: says whether JSON is wanted, and whether a screen can be drawn.
        progress: a screen, lines, or what stdout is made for.
    """
    moves = watching.source.live or watching.speed is not None  # what is over is told at once
    wants_screen = progress == "tty" or (
        progress == "auto" and terminal.animated and sys.stdout.isatty() and moves
    )
    if terminal.json:
        watching.as_json()
    elif wants_screen:
        from ksimage.cli.input.viewer import Keys

        with Keys(sys.stdin) as keys:
            watching.on_screen(keys.pressed)
    else:
        watching.as_lines(quiet=progress == "auto" and not moves and sys.stdout.isatty())


def await_installer(kubectl: Kubectl, terminal: Terminal) -> None:
    """Wait until the namespace has a pod of the installer: kk deploys it at its very end.

    Raises:
        ClusterError: but for a cluster that does not answer yet; kk is still making it.
    """
    from ksimage.cluster import installer
    from ksimage.errors import ClusterUnreachable, KubeconfigUnusable

    told = False
    while True:
        try:
            if installer.find_pods(kubectl):
                return
            why = f"no ks-installer in {kubectl.namespace} yet"
        except (ClusterUnreachable, KubeconfigUnusable) as error:
            why = error.message
        if not told:
            terminal.step(f"waiting for kk: {why} (Ctrl-C leaves)")
            told = True
        time.sleep(LOOK_AGAIN)


UP, DOWN = "up", "down"
_SEQUENCES = {"\x1b[A": UP, "\x1b[B": DOWN, "\x1bOA": UP, "\x1bOB": DOWN, "k": UP, "j": DOWN}


@final
class Keys:
    """The keys of a terminal, without echo and without waiting for Enter; a context manager.

    Ctrl-C stays what it is. Where ``stream`` is no terminal there are no keys.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._fd = -1
        self._restore: Callable[[], None] | None = None
        if stream is not None and stream.isatty():
            self._fd = stream.fileno()

    def __enter__(self) -> Keys:
        if self._fd >= 0:
            before = termios.tcgetattr(self._fd)
            self._restore = lambda: termios.tcsetattr(self._fd, termios.TCSADRAIN, before)
            tty.setcbreak(self._fd)
        return self

    def __exit__(self, *_: object) -> None:
        if self._restore is not None:
            self._restore()

    def pressed(self) -> list[str]:
        """The keys pressed since the last call: characters, ``up`` and ``down``."""
        if self._fd < 0 or not select.select([self._fd], [], [], 0)[0]:
            return []
        text = os.read(self._fd, 1024).decode("utf-8", "replace")
        keys = []
        while text:
            for sequence, name in _SEQUENCES.items():
                if text.startswith(sequence):
                    keys.append(name)
                    text = text[len(sequence) :]
                    break
            else:
                keys.append(text[0])
                text = text[1:]
        return keys
