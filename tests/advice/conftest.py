"""The commands' own fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.faults.scripted import ScriptedRegistry
from tests.support.engine import Engine
from tests.support.registry import RunningRegistry
from tests.unit.cli.conftest import run

__all__ = ["run"]


class EngineAndRegistry(NamedTuple):
    """An engine, and a registry that is known under a name to this process alone."""

    host: str
    registry: RunningRegistry


@pytest.fixture
def engine_and_registry(docker_engine: Engine, registry: RunningRegistry) -> EngineAndRegistry:
    return EngineAndRegistry(docker_engine.host, registry)


@pytest.fixture
def script() -> Iterator[ScriptedRegistry]:
    """A registry that plays a script, which each situation writes anew."""
    registry = ScriptedRegistry()
    yield registry
    registry.stop()
