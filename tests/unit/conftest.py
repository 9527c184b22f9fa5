"""Results folders that a real ansible-runner left, of each version at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.behaviour.environments import prepare, wanted
from tests.support import real_runs

from ksimage.events.tree import read_tree

if TYPE_CHECKING:
    from pathlib import Path

    from ksimage.events.model import Attempt


@pytest.fixture(scope="session", params=wanted(), ids=lambda e: e.name)
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``common`` ran twice in the same folder, then ``monitoring`` failed."""
    python = prepare(request.param) / "python"
    root = tmp_path_factory.mktemp("installed") / "results"
    assert real_runs.run(python, root, "common", real_runs.EVERYTHING, level=3) == 0
    assert real_runs.run(python, root, "common", real_runs.EVERYTHING[:3], level=3) == 0
    assert real_runs.run(python, root, "monitoring", real_runs.FAILING, level=3) == 2
    return root


@pytest.fixture(scope="session")
def attempt(installed: Path) -> Attempt:
    """The same, read."""
    return read_tree(installed)
