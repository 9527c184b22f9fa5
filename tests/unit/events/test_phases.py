"""The installer's order of work."""

from __future__ import annotations

import pytest

from ksimage.events import phases
from ksimage.events.model import Run


def _runs(*names: str) -> list[Run]:
    return [Run(name, name, name, float(at)) for at, name in enumerate(names, 1)]


@pytest.mark.parametrize(
    ("names", "number", "left"),
    [
        ((), 1, ("components", "ks-config", "result-info")),
        (("preinstall", "ks-core"), 1, ("components", "ks-config", "result-info")),
        (("preinstall", "monitoring"), 2, ("ks-config", "result-info")),
        (("preinstall", "monitoring", "ks-config"), 3, ("result-info",)),
        (("preinstall", "ks-config", "result-info"), 4, ()),
        (("preinstall", "ks-config-early"), 1, ("components", "ks-config", "result-info")),
    ],
)
def test_where_an_installation_is(names: tuple[str, ...], number: int, left: object) -> None:
    found = phases.phase(_runs(*names))
    assert (found.number, found.left) == (number, left)


@pytest.mark.parametrize(
    ("component", "parallel", "fatal"),
    [
        ("preinstall", False, True),
        ("monitoring", True, False),
        ("result-info", False, True),
        ("telemetry", False, False),
        ("ks-config-early", False, False),
    ],
)
def test_whose_failure_ends_it(component: str, parallel: bool, fatal: bool) -> None:
    assert phases.is_parallel(component) is parallel
    assert phases.is_fatal(component) is fatal


def test_an_edit_of_the_configuration_begins_anew() -> None:
    runs = _runs("preinstall", "monitoring", "devops", "preinstall", "monitoring", "monitoring")
    found = phases.latest(runs)
    assert [run.component for run in found] == ["preinstall", "monitoring"]
    assert [run.start for run in found] == [4.0, 6.0]


def test_runs_whose_start_nobody_knows_come_last() -> None:
    runs = _runs("preinstall", "monitoring", "devops")
    runs[1].start = None
    assert [run.component for run in phases.latest(runs)] == ["preinstall", "devops", "monitoring"]
