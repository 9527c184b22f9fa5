"""Errors without a situation in which their advice is executed, each with the reason."""

from __future__ import annotations

from ksimage.errors import KsimageError
from tests.support.exit_code_page import errors, kind


def _families() -> tuple[str, ...]:
    """Errors that others are derived from: a name for a group, hardly ever raised themselves."""
    found = [error for error in errors() if error.__subclasses__()]
    return tuple(kind(error) for error in found if error is not KsimageError)


FAMILIES = _families()
_CLUSTER = "it takes a cluster in which pods start: tests/e2e/test_rollout.py meets it"
NOT_MET: dict[str, str] = {
    "with-and-without": "the settings find it first: config-faults (situation wanted_and_not)",
    "build-failed": "it takes a builder that breaks: tests/unit/build has its answers",
    "engine-refused": "it takes an engine: tests/e2e/test_docker_engine.py",
    "cannot-gather": "the copy of a running pod: tests/unit/bundle",
    "recording-cut": "a disk that fills while an installation runs: tests/unit/events",
    "system-refused": "for what has no name of its own; it has no advice",
    "events-without-end": "a million events: tests/unit/events; it has no advice",
    "pre-pull-failed": _CLUSTER,
    "rollout-overtaken": _CLUSTER,
    "rollout-stuck": _CLUSTER,
    "rollout-timed-out": _CLUSTER,
    "rollout-unproven": _CLUSTER,
}
