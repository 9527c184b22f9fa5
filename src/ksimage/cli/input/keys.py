"""Single keys from a terminal, as they are pressed."""

from __future__ import annotations

import os
import select
import termios
import tty
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

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

    @property
    def descriptor(self) -> int:
        """What to wait for; -1 without a terminal."""
        return self._fd

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
