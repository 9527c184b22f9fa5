"""The first command of a beginner: no --from, no --to, with an engine and without one."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.conftest import Base, Shape, names
from tests.support import requires
from tests.support.containerd import Containerd
from tests.support.engine import Engine
from tests.support.images import ImageStore, docker_archive
from tests.support.program import ksimage

pytestmark = pytest.mark.e2e

RESULT = "kubesphere/ks-installer:v3.3.2-debug"
FIRST = ("build", "v3.3.2", "--verbose")


@pytest.fixture
def base(runnable_base: Callable[[Shape], Base]) -> Base:
    return runnable_base("add")


def load(engine: Engine, base: Base, folder: Path, *named: str) -> None:
    """Put a base into the engine under these names."""
    archive = folder / "load.tar"
    docker_archive(ImageStore(base.path), base.digest, archive, names=list(named))
    engine.docker("load", "--input", str(archive))
    archive.unlink()


class TestWithAnEngine:
    @pytest.mark.parametrize(
        "name", ["kubesphere/ks-installer:v3.3.2", "harbor.lan/kubesphereio/ks-installer:v3.3.2"]
    )
    def test_the_base_is_looked_for_there(
        self, clean_engine: Engine, base: Base, tmp_path: Path, name: str
    ) -> None:
        load(clean_engine, base, tmp_path, name)
        run = ksimage(*FIRST, cwd=tmp_path, env={"DOCKER_HOST": clean_engine.host}).ok()
        assert f"base     docker-daemon:{name} " in run.stderr
        repository = name.rpartition(":")[0]
        assert f"{repository}:v3.3.2-debug" in names(clean_engine)
        assert f"ksimage push docker-daemon:{repository}:v3.3.2-debug" in run.stderr

    def test_two_that_differ_are_named(
        self,
        clean_engine: Engine,
        runnable_base: Callable[[Shape], Base],
        tmp_path: Path,
    ) -> None:
        """Nobody can say which is meant, so the advice does; it works as it stands."""
        for shape, project in (("add", "a"), ("chown", "b")):
            name = f"{project}.lan/x/ks-installer:v3.3.2"
            load(clean_engine, runnable_base(shape), tmp_path, name)  # type: ignore[arg-type]
        env: dict[str, str | None] = {
            "DOCKER_HOST": clean_engine.host,
            "HTTPS_PROXY": "http://127.0.0.1:1",
        }
        run = ksimage(*FIRST, cwd=tmp_path, env=env)
        assert run.code == 4
        advice = [line for line in run.stderr.splitlines() if "--from docker-daemon:" in line]
        assert "a.lan/x/ks-installer:v3.3.2" in advice[0]
        chosen = advice[0].rpartition(" ")[2]
        ksimage(*FIRST, "--from", chosen, cwd=tmp_path, env=env).ok()

    def test_a_source_that_was_named_is_the_source(
        self, clean_engine: Engine, base: Base, tmp_path: Path
    ) -> None:
        load(clean_engine, base, tmp_path, "kubesphere/ks-installer:v3.3.2")
        (tmp_path / "ksimage.yaml").write_text(f"source: '{base.location}'\n")
        run = ksimage(*FIRST, cwd=tmp_path, env={"DOCKER_HOST": clean_engine.host}).ok()
        assert f"base     {base.location} " in run.stderr


class TestWithoutAnEngine:
    def test_the_file_is_loaded_by_its_name(
        self, clean_engine: Engine, base: Base, tmp_path: Path
    ) -> None:
        run = ksimage(*FIRST, "--from", base.location, cwd=tmp_path).ok()
        (file,) = tmp_path.iterdir()
        assert f"  docker load -i {file.name}" in run.stderr
        assert f"  ctr -n k8s.io images import {file.name}" in run.stderr
        assert (
            "no Docker Engine"
            in ksimage(*FIRST, "-v", "--from", base.location, cwd=tmp_path).stderr
        )
        clean_engine.docker("load", "-i", str(file))
        assert RESULT in names(clean_engine)
        assert clean_engine.run(RESULT, "--config", entrypoint="/hooks/kubesphere/installRunner.py")

    @pytest.mark.parametrize("tool", ["podman", "skopeo"])
    def test_others_read_it_too(self, base: Base, tmp_path: Path, tool: str) -> None:
        program = requires.program(tool)
        ksimage(*FIRST, "--from", base.location, cwd=tmp_path).ok()
        (file,) = tmp_path.iterdir()
        command = [program, "inspect", "--config", f"docker-archive:{file}:{RESULT}"]
        # not pytest's own folder: podman wants a path of at most 50 characters
        with tempfile.TemporaryDirectory(prefix="ks-") as store:
            if tool == "podman":
                requires.root()
                places = [f"--root={store}/root", f"--runroot={store}/run", "--storage-driver=vfs"]
                command = [program, *places, "load", "-i", str(file)]
            done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "KS_INSTALLER_VERBOSITY" in done.stdout or RESULT in done.stdout

    def test_docker_of_2020_reads_it(
        self, clean_engine: Engine, base: Base, tmp_path: Path
    ) -> None:
        """The distribution's client and engine, whatever newer client is in PATH as well."""
        old = Path("/usr/bin/docker")
        requires.condition(old.exists(), f"there is no {old}")
        ksimage(*FIRST, "--from", base.location, cwd=tmp_path).ok()
        (file,) = tmp_path.iterdir()
        command = [str(old), "load", "-i", str(file)]
        environment = clean_engine.environment
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.stdout == f"Loaded image: {RESULT}\n", done.stderr

    def test_containerd_reads_it_by_its_name(
        self, containerd: Containerd, base: Base, tmp_path: Path
    ) -> None:
        """As a node of Kubernetes has it: in the namespace k8s.io, under the full name."""
        ksimage(*FIRST, "--from", base.location, cwd=tmp_path).ok()
        (file,) = tmp_path.iterdir()
        assert f"docker.io/{RESULT}" in containerd.ctr("images", "import", str(file))
        assert containerd.ctr("images", "ls", "-q").split() == [f"docker.io/{RESULT}"]
        assert "complete" in containerd.ctr("images", "check")

    def test_nerdctl_reads_it(self, containerd: Containerd, base: Base, tmp_path: Path) -> None:
        nerdctl = shutil.which("nerdctl")
        if nerdctl is None:
            pytest.skip("nerdctl is not installed: it reads archives with containerd's code, too")
        ksimage(*FIRST, "--from", base.location, cwd=tmp_path).ok()
        (file,) = tmp_path.iterdir()
        places = ["--address", str(containerd.socket), "--namespace", "nerdctl"]
        command = [nerdctl, *places, "load", "-i", str(file)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0 and RESULT in done.stdout, done.stderr

    def test_nothing_is_there(self, tmp_path: Path) -> None:
        env: dict[str, str | None] = {"HTTPS_PROXY": "http://127.0.0.1:1"}
        run = ksimage(*FIRST, cwd=tmp_path, env=env)
        assert run.code == 4
        assert "looked there after the local engine: no Docker Engine at" in run.stderr
        assert "withdrew" in run.stderr
