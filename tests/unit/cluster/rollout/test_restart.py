"""What a restart means, by status and release."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.cluster.objects_of import configuration

from ksimage.cluster.rollout import restart

DONE = {"core": {"status": "enabled", "version": "v3.3.2"}, "monitoring": {"status": "enabled"}}


def test_without_a_configuration_nothing_runs() -> None:
    (line,) = restart.consequences({}, "v3.3.2")
    assert "does nothing" in line


def test_before_the_first_installation() -> None:
    (line,) = restart.consequences(configuration(), "v3.3.2")
    assert "from the beginning" in line


@pytest.mark.parametrize(
    ("release", "core", "everything"),
    [
        ("v3.3.2", {"status": "enabled"}, True),
        ("v3.1.1", {"status": "enabled"}, True),
        ("v3.1.0", {"status": "enabled"}, False),
        ("v3.0.0", {"status": "enabled"}, False),
        ("v3.3.2", {"version": "v3.3.2"}, False),
        ("v3.3.2-debug", {"version": "v3.3.2"}, False),
        ("v3.4.1", {"version": "v3.3.2"}, True),
    ],
)
def test_when_everything_is_installed_again(
    release: str, core: dict[str, Any], everything: bool
) -> None:
    lines = restart.consequences(configuration(status={"core": core}), release)
    assert ("installs every component again" in " ".join(lines)) is everything


def test_which_components_are_done_anew() -> None:
    spec = {"devops": {"enabled": True}, "logging": {"enabled": False}}
    lines = restart.consequences(configuration(spec=spec, status=DONE), "v3.3.2")
    assert any(line.endswith("not enabled: devops") for line in lines)
    assert any(line.endswith("are enabled: monitoring") or "monitoring" in line for line in lines)
    assert "logging" not in " ".join(lines)
