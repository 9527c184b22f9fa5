"""Errors without a situation in which their advice is executed, each with the reason."""

from __future__ import annotations

from ksimage.errors import KsimageError
from tests.support.exit_code_page import errors, kind


def _families() -> tuple[str, ...]:
    """Errors that others are derived from: a name for a group, hardly ever raised themselves."""
    found = [error for error in errors() if error.__subclasses__()]
    return tuple(kind(error) for error in found if error is not KsimageError)


FAMILIES = _families()
_CLUSTER = "it takes a cluster in which pods start; its advice was not executed"
NOT_MET: dict[str, str] = {
    "with-and-without": "the settings find it first: config-faults (situation wanted_and_not)",
    "build-failed": "it takes an engine whose builder breaks",
    "engine-refused": "an engine that refuses: tests/e2e/test_locations.py; it has no advice",
    "cannot-gather": "a disk that fills: tests/unit/cluster/files/test_packing.py",
    "recording-cut": "a disk that fills while an installation runs",
    "system-refused": "for what has no name of its own; it has no advice",
    "events-without-end": "a million events: tests/unit/events/test_frames.py; it has no advice",
    "pre-pull-failed": _CLUSTER,
    "rollout-overtaken": _CLUSTER,
    "rollout-stuck": _CLUSTER,
    "rollout-timed-out": _CLUSTER,
    "rollout-unproven": _CLUSTER,
}
