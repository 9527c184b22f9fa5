"""SIGKILL at every request of a build that pushes: no tag is ever between two images."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ksimage.images.manifest import Descriptor
from ksimage.images.reference import parse
from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.target import RegistryTarget
from tests.faults.proxy import FaultProxy
from tests.support.blobs import MemorySource
from tests.support.images import Recipe, layout
from tests.support.program import MINIATURE_HOOK
from tests.support.registry import RunningRegistry

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

MOMENTS = 20  # each a process of its own, and a build


@dataclass
class Scene:
    """A base image in a layout, and a registry behind a proxy that counts requests."""

    base: str
    proxy: FaultProxy
    registry: RunningRegistry
    options: RegistryOptions
    home: Path

    def old(self, repository: str) -> Descriptor:
        """Put an image of somebody else under the tag."""
        memory = MemorySource()
        top = memory.add_manifest(b'{"architecture":"amd64","os":"linux"}', b"old layer")
        target = self.target(repository)
        for digest, data in memory.blobs.items():
            if digest != top.digest:
                target.put_blob(Descriptor("", digest, len(data)), memory)
        target.tag(top, memory.manifest(top))
        return top

    def target(self, repository: str, tag: str = "v1") -> RegistryTarget:
        return RegistryTarget(parse(f"{self.registry.address}/{repository}:{tag}"), self.options)

    def run(self, repository: str, kill_at: int | None = None) -> int:
        """Build and push; SIGKILL when the request of that number arrives. Requests seen."""
        command = [sys.executable, "-c", "from ksimage.cli import main; main()", "build"]
        command += [self.base, "--to", f"{self.proxy.address}/{repository}:v1", "--replace"]
        command += ["--engine", "direct", "--verbose"]
        environment = {**os.environ, "HOME": str(self.home)}
        seen = 0

        def count(*_: str) -> None:
            nonlocal seen
            seen += 1
            if seen == kill_at:
                process.send_signal(signal.SIGKILL)
                process.wait()

        self.proxy.on_request = count
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        )
        _, errors = process.communicate(timeout=60)
        self.proxy.on_request = lambda *_: None
        expected = 0 if kill_at is None else -signal.SIGKILL
        assert process.returncode == expected, errors.decode()
        return seen


@pytest.fixture
def scene(
    registry: RunningRegistry, proxy: FaultProxy, options: RegistryOptions, tmp_path: Path
) -> Scene:
    hook = MINIATURE_HOOK.read_bytes()
    recipes = [Recipe(hook=hook, architecture=name) for name in ("amd64", "arm64")]
    layout(tmp_path / "base", *recipes)
    return Scene(f"oci:{tmp_path / 'base'}:v3.3.2", proxy, registry, options, tmp_path)


def test_killed_at_any_request(scene: Scene, repository: str) -> None:
    scene.old(f"{repository}/whole")
    total = scene.run(f"{repository}/whole")
    new = scene.target(f"{repository}/whole").held()
    assert new is not None
    moments = sorted({1 + round(i * (total - 1) / (MOMENTS - 1)) for i in range(MOMENTS)})
    assert len(moments) >= min(MOMENTS, total)
    held_after = set()
    for moment in moments:
        name = f"{repository}/killed-{moment}"
        old = scene.old(name)
        scene.run(name, kill_at=moment)
        held = scene.target(name).held()
        kept = scene.target(name, "v1-orig").held()
        assert held is not None
        assert held.digest in (old.digest, new.digest), f"killed at request {moment} of {total}"
        assert kept is None or kept.digest == old.digest
        assert kept is not None or held.digest == old.digest, "replaced before it was kept"
        held_after.add(held.digest)
        if moment % 7 == 0:
            scene.run(name)
            now, kept = scene.target(name).held(), scene.target(name, "v1-orig").held()
            assert now is not None
            assert kept is not None
            assert (now.digest, kept.digest) == (new.digest, old.digest)
    assert len(held_after) == 2, "no moment was after the tag moved"
