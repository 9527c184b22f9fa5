"""Whether an installation has ended, and how. Nothing is taken for done that was not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from ksimage.events import phases

if TYPE_CHECKING:
    from ksimage.events.model import Attempt, Run, Task

InstallationOutcome = Literal["running", "success", "failed", "unknown"]
"""``unknown``: it ended, or was left, without telling how."""


class InstallationVerdict(NamedTuple):
    """How an installation stands.

    Attributes:
        failed: runs that failed, first those that ended the installation.
        missing: expected components that were never seen.
        why: for ``unknown``, in words; for ``failed``, why the rest is not known, else empty.
    """

    outcome: InstallationOutcome
    failed: tuple[Run, ...]
    missing: tuple[str, ...]
    why: str


def judge(attempt: Attempt, expected: Sequence[str], *, over: bool = False) -> InstallationVerdict:
    """Judge the last installation of an attempt.

    Args:
        expected: the parallel components to come; empty where unknown.
        over: nothing more will come.
    """
    runs = phases.latest(attempt.runs)
    by_name = {run.component: run for run in runs}
    failed = tuple(
        sorted(
            (run for run in runs if run.state == "failed" and run.component != phases.EARLY),
            key=lambda run: not phases.is_fatal(run.component),
        )
    )
    missing = tuple(name for name in expected if name not in by_name)
    result = by_name.get(phases.RESULT)
    if failed and phases.is_fatal(failed[0].component):
        return InstallationVerdict("failed", failed, missing, "")
    if result is not None and result.state == "ok" and result.stats is not None:
        if failed:
            return InstallationVerdict("failed", failed, missing, "")
        open_ones = [run.component for run in runs if run.state in ("running", "cut")]
        unfinished = [name for name in open_ones if name not in phases.AFTER]
        if missing or unfinished:
            names = ", ".join((*missing, *unfinished))
            return InstallationVerdict(
                "unknown", (), missing, f"result-info is done, but not seen: {names}"
            )
        return InstallationVerdict("success", (), (), "")
    if not over:
        return InstallationVerdict("running", failed, missing, "")
    outcome: InstallationOutcome = "failed" if failed else "unknown"
    if not runs:
        return InstallationVerdict(outcome, failed, missing, "there was no run at all")
    if result is None:
        return InstallationVerdict(outcome, failed, missing, "result-info never began")
    return InstallationVerdict(outcome, failed, missing, "result-info has no summary")


def cause(run: Run) -> Task | None:
    """The task that a failed run failed by; None where no event tells."""
    for task in reversed(run.tasks):
        if task.state in ("failed", "unreachable"):
            return task
    return None
