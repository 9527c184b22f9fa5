"""The command line: parse, call the library, present. One command a file, loaded late. Nothing that
a library could do belongs here.

Words: a *command* parses and presents, *input* is what was typed, *output* all that is printed.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

COLLECT_AFTER = 100_000
"""New objects after which Python looks for garbage in cycles. There is hardly any, and the default,
700, has it look some hundred times while modules are loaded and a hook is parsed."""


def main() -> NoReturn:
    """Entry point of the ``ksimage`` program."""
    gc.set_threshold(COLLECT_AFTER)
    from ksimage.cli.output.streams import open_standard

    open_standard()
    from ksimage.cli.app import app

    code: object = 0
    try:
        app()
    except SystemExit as end:
        code = end.code
    _leave(code if isinstance(code, int) else 0)


def _leave(code: int) -> NoReturn:
    """End the process without freeing object after object, which takes longer than all requests.

    Nothing is left to be done at exit: files are closed where they are used, and connections are
    the kernel's to close.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        code = code or 1
    os._exit(code)
