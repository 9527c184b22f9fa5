"""Changes of the ClusterConfiguration."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.cluster.objects_of import configuration, deployment, installer

from ksimage.cluster.command import Command
from ksimage.cluster.rollout import configuration as configurations
from ksimage.errors import ClusterMissing, ComponentUnknown


def changed(command: Command | None) -> dict[str, Any]:
    assert command is not None
    assert command.words[3] == "--type=merge"
    found: dict[str, Any] = json.loads(command.words[4].removeprefix("--patch="))
    return found


def merged(document: Any, patch: dict[str, Any]) -> dict[str, Any]:
    """RFC 7386."""
    result = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value) if isinstance(value, dict) else value
    return result


@pytest.mark.parametrize("spec", [{}, {"debug": {"verbosity": 2}}, {"debug": {"again": "x"}}])
def test_the_verbosity_and_back(spec: dict[str, Any]) -> None:
    before = configuration(spec=spec)
    once = merged(before, changed(configurations.verbosity(installer(None, before), 4)))
    assert once["spec"]["debug"]["verbosity"] == 4
    twice = merged(once, changed(configurations.verbosity(installer(None, once), 1)))
    back = changed(configurations.undo_verbosity(installer(None, twice)))
    assert merged(twice, back)["spec"] == spec
    assert configurations.undo_verbosity(installer(None, before)) is None


def test_each_change_is_locked() -> None:
    found = installer(None, configuration(status={"devops": {"status": "enabled"}}))
    for command in (configurations.verbosity(found, 3), configurations.component(found, "devops")):
        assert changed(command)["metadata"]["resourceVersion"] == "5"


def test_a_component_is_run_again_by_its_status_and_a_text_that_is_no_component() -> None:
    status = {"devops": {"status": "enabled"}, "core": {"version": "v3.3.2"}}
    before = configuration(spec={"devops": {"enabled": True}}, status=status)
    after = merged(before, changed(configurations.component(installer(None, before), "devops")))
    assert after["status"] == {"core": {"version": "v3.3.2"}}
    assert after["spec"]["devops"] == {"enabled": True}
    assert isinstance(after["spec"]["debug"]["again"], str)
    assert after["spec"] != before["spec"]


@pytest.mark.parametrize("name", ["core", "nothing", "clusterId", ""])
def test_no_component_of_that_name(name: str) -> None:
    found = installer(None, configuration(status={"core": {"status": "enabled"}}))
    with pytest.raises(ComponentUnknown) as caught:
        configurations.component(found, name)
    assert "monitoring" in caught.value.advice[0]


def test_there_must_be_a_configuration() -> None:
    with pytest.raises(ClusterMissing):
        configurations.verbosity(installer(deployment()), 3)
