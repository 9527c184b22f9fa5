"""Base images that run here, and an engine that the program under test finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from tests.support.engine import Engine
from tests.support.images import Recipe, layout
from tests.support.program import MINIATURE_HOOK
from tests.support.rootfs import ARCHITECTURE

Shape = Literal["add", "chown"]


@dataclass(frozen=True)
class Base:
    """A base image in an OCI layout."""

    path: Path
    digest: str

    @property
    def location(self) -> str:
        return f"oci:{self.path}"


@pytest.fixture(scope="session")
def runnable_base(
    rootfs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Shape], Base]:
    """Makes (once) an image whose hook is the miniature's and runs in this machine's engine."""
    made: dict[Shape, Base] = {}

    def make(shape: Shape) -> Base:
        if shape not in made:
            path = tmp_path_factory.mktemp("base") / shape
            recipe = Recipe(
                shape=shape,
                hook=MINIATURE_HOOK.read_bytes(),
                rootfs=rootfs,
                architecture=ARCHITECTURE,
            )
            made[shape] = Base(path, layout(path, recipe))
        return made[shape]

    return make


@pytest.fixture
def engine_env(docker_engine: Engine) -> dict[str, str | None]:
    """Environment in which ksimage finds the tests' engine."""
    return {
        "DOCKER_HOST": docker_engine.host,
        "DOCKER_CONFIG": str(docker_engine.folder / "config"),
    }
