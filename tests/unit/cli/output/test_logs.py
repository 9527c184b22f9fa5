"""The library's log, passed on."""

from __future__ import annotations

import logging

from ksimage.cli.output.logs import Listener


def test_warnings_and_details_until_it_is_closed() -> None:
    warnings: list[str] = []
    details: list[str] = []
    log = logging.getLogger("ksimage.some.room")
    listener = Listener(warnings.append, details.append)
    listener.show(logging.WARNING)
    log.info("not now")
    log.warning("careful: %s", "it")
    listener.show(logging.INFO)
    log.info("a step")
    log.debug("too much")
    listener.close()
    log.warning("nobody listens")
    assert (warnings, details) == (["careful: it"], ["a step"])
    assert logging.getLogger("ksimage").propagate
