"""The commands' own fixtures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.scripted import ScriptedRegistry
from tests.unit.cli.conftest import run

__all__ = ["run"]


@pytest.fixture
def script() -> Iterator[ScriptedRegistry]:
    """A registry that plays a script, which each situation writes anew."""
    registry = ScriptedRegistry()
    yield registry
    registry.stop()
