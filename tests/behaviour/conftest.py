"""Fixtures: ansible-runner environments, and one installation that many tests look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.behaviour.environments import ENVIRONMENTS, Environment, prepare, wanted
from tests.behaviour.hooks import patched, pristine
from tests.behaviour.installation import Installation

if TYPE_CHECKING:
    from pathlib import Path

    from tests.behaviour.installation import Run

SECRET = "jwt-Planted0Secret0Of0The0Cluster"

_MARKS = """
upstream = hook.getResultInfo
def between():
    print('@@ parallel phase begins', flush=True)
    state = upstream()
    print('@@ parallel phase ends', flush=True)
    return state
hook.getResultInfo = between
hook.statusInterval = 3
"""


@pytest.fixture(scope="session", params=wanted(), ids=lambda e: e.name)
def everywhere(request: pytest.FixtureRequest) -> tuple[Environment, Path]:
    """Each environment in turn: its description and its bin directory."""
    return request.param, prepare(request.param)


@pytest.fixture(scope="session")
def runner() -> Path:
    """The bin directory of the newest ansible-runner, for tests that need only one."""
    return prepare(ENVIRONMENTS[0])


@pytest.fixture(scope="session")
def run(everywhere: tuple[Environment, Path], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A whole installation with the default patches, as hard to read as it gets.

    Four parallel playbooks at -vvv; one fails in a role after a failure that it ignores; the file
    env/settings tries to suppress everything; the level comes from the ClusterConfiguration and
    contradicts the environment; a secret is planted in the configuration and in what fails.
    """
    installation = Installation(
        tmp_path_factory.mktemp("installation") / "kubesphere",
        everywhere[1],
        patched(pristine()),
        spec={
            "terminal": {"timeout": 600},
            "debug": {"verbosity": "3"},
            "authentication": {"jwtSecret": SECRET},
        },
        prepare=_MARKS,
        environment={"KS_INSTALLER_VERBOSITY": "1"},
    )
    settings = installation.folder / "results/env/settings"
    settings.write_text("---\nsuppress_ansible_output: true\nsuppress_output_file: true\n")
    for name in ("monitoring", "multicluster", "network"):
        steps = [
            {"name": f"{name} step {i}", "debug": {"msg": f"{name} {i} " + "x" * (700 * i)}}
            for i in range(8)
        ]
        installation.playbook(name, steps)
    installation.playbook(
        "monitoring",
        [
            {"name": "monitoring step", "debug": {"msg": "begins"}},
            {"name": "monitoring waits", "shell": "sleep 9; echo waited"},
            {"name": "monitoring loop", "debug": {"msg": "{{ item }}"}, "loop": ["a", "b"]},
        ],
    )
    installation.role(
        "ks-store",
        [
            {"name": "tolerated", "shell": "exit 7", "ignore_errors": True},
            {"name": "Deploying the store", "shell": f"echo 'bad key {SECRET} given' >&2; exit 3"},
        ],
    )
    installation.playbook("openpitrix", [{"import_role": {"name": "ks-store"}}])
    return installation.run()
