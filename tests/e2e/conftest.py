"""Base images that run here, and an engine that the program under test finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from tests.support.engine import Engine
from tests.support.images import Recipe, layout
from tests.support.program import MINIATURE_HOOK
from tests.support.registry import RunningRegistry
from tests.support.rootfs import ARCHITECTURE

from ksimage.locations import access, spec, transfer
from ksimage.locations.options import RegistryOptions

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


@pytest.fixture
def clean_engine(docker_engine: Engine) -> Iterator[Engine]:
    """The engine; the names and images that a test makes are gone after it."""
    before = names(docker_engine)
    yield docker_engine
    made = names(docker_engine) - before
    if made:
        docker_engine.docker("rmi", "--force", *sorted(made))
    docker_engine.docker("image", "prune", "--force")


def names(engine: Engine) -> set[str]:
    """All ``REPOSITORY:TAG`` in the engine."""
    listed = engine.docker("images", "--format={{.Repository}}:{{.Tag}}").split()
    return {name for name in listed if "<none>" not in name}


def to_registry(base: Base, registry: RunningRegistry, repository: str) -> str:
    """Push a base to ``REPOSITORY/ks-installer:v3.3.2``; the reference without its tag."""
    name = f"{registry.address}/{repository}/ks-installer"
    source = access.open_source(spec.parse(base.location))
    target = access.open_target(spec.parse(f"{name}:v3.3.2"), options=RegistryOptions())
    try:
        assert transfer.copy(source, target).digest == base.digest
    finally:
        source.close()
        target.close()
    return name
