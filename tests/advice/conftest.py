"""The commands' own fixtures."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.scripted import ScriptedRegistry
from tests.support import derived, kubectl_proxy, requires
from tests.support.cluster import Images, Installation
from tests.support.engine import Engine
from tests.support.kubectl_proxy import KubectlProxy
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


@dataclass
class Rollouts:
    """A namespace of the real cluster, in which an installer is put in place anew.

    Attributes:
        spare: a layout with the image that ``doomed`` gives.
    """

    installation: Installation
    images: Images
    kubectl: KubectlProxy
    spare: Path
    name: str = ""

    def renew(self) -> None:
        """Upstream's image runs, and nothing was ever rolled out."""
        quick = ("--ignore-not-found", "--grace-period=0", "--force")
        self.installation.kubectl("delete", "deployments,pods", "--all", *quick)
        self.installation.deploy(self.images.pristine)
        self.installation.running()

    def doomed(self) -> tuple[str, str]:
        """An image by digest that no node has, and the URL by which it can be deleted."""
        if not self.name:
            self.name = self.images.copy("doomed")
            with closing(derived.opened(self.name)) as source:
                derived.copied(source, f"oci:{self.spare}")
        with closing(derived.opened(f"oci:{self.spare}")) as source:
            derived.copied(source, self.name.partition("@")[0], overwrite=True)
        return self.name, self.images.manifest_url(self.name)


@pytest.fixture
def rollouts(installation: Installation, images: Images, tmp_path: Path) -> Rollouts:
    proxy = kubectl_proxy.make(tmp_path / "proxy")
    return Rollouts(installation, images, proxy, tmp_path / "spare")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    requires.root()
    path = tmp_path / "small"
    path.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(path)]
    done = subprocess.run(words, capture_output=True, text=True)
    requires.condition(not done.returncode, f"no tmpfs can be mounted: {done.stderr}")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


@pytest.fixture
def script() -> Iterator[ScriptedRegistry]:
    """A registry that plays a script, which each situation writes anew."""
    registry = ScriptedRegistry()
    yield registry
    registry.stop()
