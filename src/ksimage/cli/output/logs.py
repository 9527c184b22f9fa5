"""The library's log on the terminal: warnings, steps at -v, requests at -vv."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ksimage.cli.output.terminal import DEBUG, DETAILED

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal

_ROOT = "ksimage"


class Listener(logging.Handler):
    """Shows the records of the package's loggers until it is closed."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal
        logger = logging.getLogger(_ROOT)
        logger.addHandler(self)
        logger.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            self._terminal.warning(record.getMessage())
        else:
            self._terminal.detail(record.getMessage())

    def show(self, level: int) -> None:
        """Take the records that the terminal shows at that level."""
        least = {DETAILED: logging.INFO, DEBUG: logging.DEBUG}
        logging.getLogger(_ROOT).setLevel(least.get(level, logging.WARNING))

    def close(self) -> None:
        """Detach from the log, and leave it as it was."""
        logger = logging.getLogger(_ROOT)
        logger.removeHandler(self)
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
        super().close()
