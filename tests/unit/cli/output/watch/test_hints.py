"""The one sentence that is most worth knowing, and whose hook it is."""

from __future__ import annotations

import pytest

from ksimage.cli.output.watch import hints
from ksimage.events.frames import Chronicle
from ksimage.events.model import Attempt, Run, Task
from ksimage.upstream import releases


def _run(component: str, attempts: int = 0) -> Run:
    run = Run(component, component, component, 1.0)
    run.tasks.append(Task("t", "wait", start=1.0, attempts=attempts))
    return run


def test_a_hook_of_upstreams_is_named_by_a_release() -> None:
    known = next(release for release in releases.all_releases() if release.sha256)
    told = Chronicle()
    told.hook_sha256 = known.sha256
    words, style = hints.whose(told)
    assert words.startswith("upstream's hook (v") and style == "yellow"
    told.hook_sha256 = "0" * 64
    assert hints.whose(told) == ("unknown hook", "yellow")
    assert hints.whose(Chronicle()) == ("", "")


@pytest.mark.parametrize(
    ("components", "said"),
    [(("monitoring",), hints.BUSY), (("ks-core",), ""), ((), "")],
)
def test_a_busy_wait_matters_while_components_run(components: tuple[str, ...], said: str) -> None:
    told = Chronicle()
    told.hook_sleeps = False
    assert hints.hint(told, [_run(name) for name in components]) == said


def test_all_that_runs_waits() -> None:
    runs = [_run("monitoring", 3), _run("devops", 1)]
    assert hints.hint(Chronicle(), runs).startswith("nothing computes")
    assert hints.hint(Chronicle(), [*runs, _run("logging")]) == ""


def test_a_lost_connection_comes_first_and_is_harmless() -> None:
    told = Chronicle()
    told.hook_sleeps = False
    told.lost = "reset\x1b[2J"
    said = hints.hint(told, [_run("monitoring")])
    assert said.startswith("no connection, trying again: reset") and said.isprintable()


def test_a_container_that_was_started_anew() -> None:
    told = Chronicle()
    told.attempts.append(Attempt())
    assert "this is start 2" in hints.hint(told, [])
