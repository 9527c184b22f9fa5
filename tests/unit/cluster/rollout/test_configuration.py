"""Changes of the ClusterConfiguration."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.cluster.objects_of import configuration, deployment, installer

from ksimage.cluster.kubectl import Command
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


DONE = {"core": {"status": "enabled", "version": "v3.3.2"}, "monitoring": {"status": "enabled"}}


def test_without_a_configuration_nothing_runs() -> None:
    (line,) = configurations.consequences({}, "v3.3.2")
    assert "does nothing" in line


def test_before_the_first_installation() -> None:
    (line,) = configurations.consequences(configuration(), "v3.3.2")
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
    lines = configurations.consequences(configuration(status={"core": core}), release)
    assert ("installs every component again" in " ".join(lines)) is everything


def test_which_components_are_done_anew() -> None:
    spec = {"devops": {"enabled": True}, "logging": {"enabled": False}}
    lines = configurations.consequences(configuration(spec=spec, status=DONE), "v3.3.2")
    assert any(line.endswith("not enabled: devops") for line in lines)
    assert any(line.endswith("are enabled: monitoring") or "monitoring" in line for line in lines)
    assert "logging" not in " ".join(lines)
