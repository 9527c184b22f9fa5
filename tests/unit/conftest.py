"""Results folders that a real ansible-runner left, of each version at hand; a full disk."""

from __future__ import annotations

import resource
import signal
from typing import TYPE_CHECKING

import pytest
from tests.behaviour.environments import prepare, wanted
from tests.support import real_runs
from tests.support.event_trees import read_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
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
def full_disk() -> Callable[[int], None]:
    """Lets no file grow beyond a number of bytes: writing fails as on a full disk."""

    def fill(most: int) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, _UNLIMITED))

    return fill


_UNLIMITED = resource.getrlimit(resource.RLIMIT_FSIZE)[1]


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Lift the bound as soon as the test has ended: pytest's own output may be a larger file."""
    try:
        return (yield)
    finally:
        if "full_disk" in pyfuncitem.fixturenames:
            resource.setrlimit(resource.RLIMIT_FSIZE, (_UNLIMITED, _UNLIMITED))
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
