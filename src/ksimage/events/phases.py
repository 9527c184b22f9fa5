"""The installer's order of work, whatever it is asked to install (installRunner.py, all of v3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ksimage.events.model import Run

FIRST = ("preinstall", "metrics_server", "common", "ks-core")
"""One after the other; the hook gives up when one fails."""
LAST = ("ks-config", "result-info")
"""One after the other, after all components; result-info waits for the web UI."""
AFTER = ("ks-migration", "telemetry")
"""What follows when the installation is done already."""
EARLY = "ks-config-early"
"""The ks-config of the optional patch early-config; its failure changes nothing."""
RESULT = "result-info"


class Phase(NamedTuple):
    """Where an installation is. ``left``: phases after it, by their components' names."""

    number: int
    name: str
    left: tuple[str, ...]


PHASES = 4


def is_parallel(component: str) -> bool:
    """Whether it is one of those that run side by side."""
    return component not in (*FIRST, *LAST, *AFTER, EARLY)


def is_fatal(component: str) -> bool:
    """Whether the hook gives up when it fails."""
    return component in (*FIRST, *LAST)


def latest(runs: list[Run]) -> list[Run]:
    """The runs of the last installation: each edit of the configuration starts a new one.

    Of a component that ran twice in it, the last run; in the order of their start.
    """
    begin = 0
    for at, run in enumerate(runs):
        if run.component == FIRST[0]:
            begin = at
    by_component = {run.component: run for run in runs[begin:]}
    return sorted(by_component.values(), key=lambda run: run.start or float("inf"))


def phase(runs: list[Run]) -> Phase:
    """Where an installation is, from its runs as :func:`latest` gives them."""
    names = {run.component for run in runs}
    left = tuple(name for name in LAST if name not in names)
    if RESULT in names:
        return Phase(4, "waiting for the console", ())
    if LAST[0] in names:
        return Phase(3, "configuring", left)
    if any(is_parallel(name) for name in names):
        return Phase(2, "components side by side", left)
    return Phase(1, "preparing", ("components", *left))
