"""The library's log on the terminal: warnings, steps at -v, requests at -vv."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_ROOT = "ksimage"


class Listener(logging.Handler):
    """Passes the records of the package's loggers on until it is closed.

    Args:
        warning: takes the text of a warning or of anything worse.
        detail: takes all the others.
    """

    def __init__(self, warning: Callable[[str], None], detail: Callable[[str], None]) -> None:
        super().__init__()
        self._warning, self._detail = warning, detail
        logger = logging.getLogger(_ROOT)
        logger.addHandler(self)
        logger.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        say = self._warning if record.levelno >= logging.WARNING else self._detail
        say(record.getMessage())

    def show(self, level: int) -> None:
        """Take records from this level of the logging module on."""
        logging.getLogger(_ROOT).setLevel(level)

    def close(self) -> None:
        """Detach from the log, and leave it as it was."""
        logger = logging.getLogger(_ROOT)
        logger.removeHandler(self)
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
        super().close()
