"""Results folders that a real ansible-runner left, of each version at hand; a full disk."""

from __future__ import annotations

import resource
import signal
from typing import TYPE_CHECKING

import pytest
from tests.behaviour.environments import prepare, wanted
from tests.support import real_runs

from ksimage.events.tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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


@pytest.fixture
def full_disk() -> Iterator[Callable[[int], None]]:
    """Lets no file grow beyond a number of bytes: writing fails as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def fill(most: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))

    try:
        yield fill
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
