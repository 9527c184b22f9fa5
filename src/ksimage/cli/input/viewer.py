"""Watch in the way that fits: a screen with keys, lines, or JSON."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
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
        from ksimage.cli.input.keys import Keys

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
