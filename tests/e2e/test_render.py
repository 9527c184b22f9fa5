"""``render``: the context is built by typing what render says, whatever the base came from."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.conftest import Base, Shape, names, to_registry
from tests.support import requires
from tests.support.engine import Engine
from tests.support.images import ImageStore, docker_archive
from tests.support.program import ksimage
from tests.support.registry import RunningRegistry

pytestmark = pytest.mark.e2e


def lines_to_type(stderr: str) -> list[str]:
    """The commands below ``next:``."""
    return [line.strip() for line in stderr.partition("next:\n")[2].splitlines()]


@pytest.mark.parametrize("kind", ["layout", "archive", "archive-renamed", "engine", "registry"])
def test_the_context_builds(
    clean_engine: Engine,
    runnable_base: Callable[[Shape], Base],
    registry: RunningRegistry,
    tmp_path: Path,
    kind: str,
) -> None:
    base = runnable_base("add")
    env: dict[str, str | None] = {"DOCKER_HOST": clean_engine.host}
    source = base.location
    if kind == "registry":
        source = to_registry(base, registry, "rendered")
    elif kind != "layout":
        project = "kubesphere" if kind == "archive" else "mine"
        named = [f"{project}/ks-installer:v3.3.2"]
        archive = tmp_path / "saved.tar"
        docker_archive(ImageStore(base.path), base.digest, archive, names=named)
        source = f"docker-archive:{archive}"
    if kind == "engine":
        clean_engine.docker("load", "-i", str(tmp_path / "saved.tar"))
        source = "docker-daemon:mine/ks-installer:v3.3.2"
    run = ksimage("render", "v3.3.2", "--from", source, "-o", "context", cwd=tmp_path, env=env).ok()
    for told in lines_to_type(run.stderr):
        if told.startswith("skopeo"):
            requires.program("skopeo")
        line = told.replace(" copy ", f" copy --dest-daemon-host={clean_engine.host} ")
        done = subprocess.run(
            ["sh", "-ec", line], cwd=tmp_path, env=clean_engine.environment,
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    built = [name for name in names(clean_engine) if name.endswith(":v3.3.2-debug")]
    assert len(built) == 1
    hook = "/hooks/kubesphere/installRunner.py"
    assert "Miniature" in clean_engine.run(built[0], "--config", entrypoint=hook)
