"""The library's log on the terminal: steps at -v, requests at -vv. Loaded only then."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ksimage.cli.terminal import Terminal

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

    def show(self, *, requests: bool) -> None:
        """Show the steps, and the requests as well."""
        logging.getLogger(_ROOT).setLevel(logging.DEBUG if requests else logging.INFO)

    def close(self) -> None:
        """Detach from the log, and leave it as it was."""
        logger = logging.getLogger(_ROOT)
        logger.removeHandler(self)
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
        super().close()
