"""Sentences about why it takes so long, and about whose hook it is; only what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.events import phases
from ksimage.events.tally import tally
from ksimage.timeline.words import line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.events.frames import Chronicle
    from ksimage.events.model import Run

BUSY = "busy wait: this hook's loop takes one whole CPU from the components (x1.3 to x2.2 longer)"
"""docs/performance.md: +25 % with playbooks that wait for kubectl, 2.2 times when they compute."""


def whose(told: Chronicle) -> tuple[str, str]:
    """Whose hook the pod runs, in words, and a style; empty where nobody knows."""
    from ksimage.upstream import releases

    found = releases.by_hook(told.hook_sha256) if told.hook_sha256 else ()
    if found:
        return f"upstream's hook ({found[0].tag})", "yellow"
    if told.patched:
        return "✓ patched by ksimage", "green"
    return ("unknown hook", "yellow") if told.hook_sha256 else ("", "")


def hint(told: Chronicle, runs: Sequence[Run]) -> str:
    """The one thing that is most worth knowing now; empty when there is nothing.

    Args:
        runs: of the installation at work.
    """
    if told.lost:
        return f"no connection, trying again: {line(told.lost)}"
    if told.unsaved:
        return f"no longer recorded: {line(told.unsaved)}"
    running = [run for run in runs if run.state == "running"]
    if busy(told) and any(phases.is_parallel(run.component) for run in running):
        return BUSY
    tasks = [task for run in running if (task := tally(run).task) is not None]
    if tasks and all(task.attempts for task in tasks):
        return "nothing computes: all that runs waits for something and tries again"
    if len(told.attempts) > 1:
        return f"the container was started anew: this is start {len(told.attempts)} that was seen"
    return ""


def busy(told: Chronicle) -> bool:
    """Whether the hook in the pod is known to wait without sleeping."""
    return told.hook_sleeps is False
