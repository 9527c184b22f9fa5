"""The installer's order of work, whatever it is asked to install (installRunner.py, all of v3); and
whether an installation has ended, and how. Nothing is taken for done that was not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from ksimage.events.model import Attempt, Run, Task

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
    begins = [at for at, run in enumerate(runs) if run.component == FIRST[0]]
    begin = begins[-1] if begins else 0
    if begins and runs[begin].start is None:
        # What has no time lies at the end, whenever it was: it hides nothing, least of all failures
        timeless = next(at for at, run in enumerate(runs) if run.start is None)
        begin = timeless if len(begins) > 1 else 0
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
    runs = latest(attempt.runs)
    by_name = {run.component: run for run in runs}
    failed = tuple(
        sorted(
            (run for run in runs if run.state == "failed" and run.component != EARLY),
            key=lambda run: not is_fatal(run.component),
        )
    )
    missing = tuple(name for name in expected if name not in by_name)
    result = by_name.get(RESULT)
    if failed and is_fatal(failed[0].component):
        return InstallationVerdict("failed", failed, missing, "")
    if result is not None and result.state == "ok" and result.stats is not None:
        if failed:
            return InstallationVerdict("failed", failed, missing, "")
        open_ones = [run.component for run in runs if run.state in ("running", "cut")]
        unfinished = [name for name in open_ones if name not in AFTER]
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
