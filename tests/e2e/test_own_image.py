"""The image of ksimage itself: built offline from its Dockerfile, and run as CI systems run it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support import python_base, requires
from tests.support.engine import Engine

import ksimage

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

TOP = Path(__file__).parents[2]
CONTEXT = ("src", "patches", "templates", "Dockerfile", "Dockerfile.tmpl", "pyproject.toml",
           "README.md", "LICENSE", ".dockerignore")  # fmt: skip


@pytest.fixture(scope="module")
def image(docker_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("context")
    for name in CONTEXT:
        if (TOP / name).is_dir():
            shutil.copytree(TOP / name, folder / name)
        else:
            shutil.copy(TOP / name, folder / name)
    (folder / "not-for-the-image").write_text("secret")
    wheels = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", "dist", "."],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    requires.condition(wheels.returncode == 0, f"pip cannot make wheels: {wheels.stderr[-300:]}")
    base = python_base.build(tmp_path_factory.mktemp("base") / "base.tar")
    docker_engine.docker("import", str(base), "test/python:local")
    base.unlink()
    docker_engine.docker(
        "build", "--quiet", "--network=none", "--build-arg=PYTHON=test/python:local",
        "--tag=test/ksimage:local", str(folder),
    )  # fmt: skip
    return "test/ksimage:local"


def test_it_runs(docker_engine: Engine, image: str) -> None:
    assert docker_engine.run(image, "--version").endswith(ksimage.__version__)
    assert "unquiet" in docker_engine.run(image, "patches", "list")
    assert "Usage" in docker_engine.run(image)


def test_it_runs_under_a_shell_as_in_gitlab(docker_engine: Engine, image: str) -> None:
    script = "cd /work && ksimage config --output json && id -u"
    output = docker_engine.docker(
        "run", "--rm", "--network=none", "--entrypoint=", image, "sh", "-c", script
    )
    assert '"docker.io/kubesphere"' in output
    assert output.splitlines()[-1] == "65532"


def test_any_account_will_do(docker_engine: Engine, image: str) -> None:
    output = docker_engine.docker(
        "run", "--rm", "--network=none", "--user=12345:0", "--read-only", image, "config"
    )
    assert "docker.io/kubesphere" in output


def test_nothing_is_in_it_that_is_not_needed(docker_engine: Engine, image: str) -> None:
    listing = docker_engine.docker(
        "run", "--rm", "--network=none", "--entrypoint=find", image,
        "/opt/ksimage", "/work", "-name", "pip", "-o", "-name", "*.whl", "-o", "-name", "not-for*",
    )  # fmt: skip
    assert listing == ""
