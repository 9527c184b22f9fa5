"""``ksimage build --engine docker``: every source, what it leaves behind, and other builders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import Base, Shape, names, to_registry
from tests.support import requires
from tests.support.engine import Engine
from tests.support.images import HOOK_PATH, ImageStore, Recipe, docker_archive, layout
from tests.support.program import MINIATURE_HOOK, ksimage
from tests.support.registry import RunningRegistry
from tests.support.rootfs import ARCHITECTURE

from ksimage.inspection.current import look
from ksimage.locations import spec
from ksimage.locations.docker.daemon import DaemonSource

pytestmark = pytest.mark.e2e

RESULT = "kubesphere/ks-installer:v3.3.2-debug"


@pytest.fixture
def base(runnable_base: Callable[[Shape], Base]) -> Base:
    return runnable_base("chown")


def unnamed(engine: Engine) -> list[str]:
    """Images that nothing names and nothing is built on."""
    return engine.docker("images", "--quiet", "--filter=dangling=true").split()


def load(base: Base, name: str, folder: Path, env: dict[str, Any]) -> None:
    """Put a base into the engine with the docker client."""
    archive = folder / "load.tar"
    docker_archive(ImageStore(base.path), base.digest, archive, names=[name])
    subprocess.run(
        [requires.program("docker"), "load", "--input", str(archive)],
        env={**os.environ, **env},
        check=True,
        capture_output=True,
    )
    archive.unlink()


class TestSources:
    """Whatever the base comes from, the engine ends up with the proven, tagged image alone."""

    def check(self, engine: Engine, tmp_path: Path, result: str, *arguments: str) -> None:
        before, dangling = names(engine), unnamed(engine)
        run = ksimage(
            "build", "v3.3.2", "--engine", "docker", "--output", "json", *arguments,
            cwd=tmp_path, env={"DOCKER_HOST": engine.host},
        ).ok()  # fmt: skip
        assert run.document["result"]["location"] == f"docker-daemon:{result}"
        assert run.document["smoke_test"] is True
        added = {name for name in names(engine) - before if not name.startswith("127.0.0.1")}
        assert added - {result} == set()
        assert unnamed(engine) == dangling
        (image_id,) = run.document["result"]["image_ids"].values()
        assert engine.docker("inspect", "--format={{.Id}}", result) == image_id
        assert engine.docker("ps", "--all", "--quiet") == ""
        assert list(tmp_path.iterdir()) == []

    def test_registry(
        self, clean_engine: Engine, base: Base, registry: RunningRegistry, tmp_path: Path
    ) -> None:
        name = to_registry(base, registry, "sources")
        self.check(clean_engine, tmp_path, f"{name}:v3.3.2-debug", "--from", name)
        labels = clean_engine.docker(
            "inspect", "--format={{json .Config.Labels}}", f"{name}:v3.3.2-debug"
        )
        assert f'"org.opencontainers.image.base.name":"{name}:v3.3.2"' in labels
        assert f'"org.opencontainers.image.base.digest":"{base.digest}"' in labels

    def test_docker_daemon(self, clean_engine: Engine, base: Base, tmp_path: Path) -> None:
        env: dict[str, str | None] = {"DOCKER_HOST": clean_engine.host}
        (tmp_path / "work").mkdir()
        load(base, "mine/ks-installer:v3.3.2", tmp_path, env)
        self.check(
            clean_engine, tmp_path / "work", "mine/ks-installer:v3.3.2-debug",
            "--from", "docker-daemon:mine/ks-installer",
        )  # fmt: skip

    def test_layout(self, clean_engine: Engine, base: Base, tmp_path: Path) -> None:
        self.check(clean_engine, tmp_path, RESULT, "--from", base.location)

    @pytest.mark.parametrize("form", ["save-24", "save-25", "skopeo"])
    def test_docker_archive(
        self, clean_engine: Engine, base: Base, tmp_path: Path, form: Any
    ) -> None:
        archive = tmp_path / "saved.tar"
        docker_archive(ImageStore(base.path), base.digest, archive, form=form)
        (tmp_path / "work").mkdir()
        self.check(clean_engine, tmp_path / "work", RESULT, "--from", f"docker-archive:{archive}")


class TestSmokeTest:
    """The hook is run with --config, in the base first."""

    @pytest.fixture
    def broken(self, rootfs: Path, tmp_path: Path) -> str:
        """A base whose hook does not start, and an empty folder to work in."""
        head, _, rest = MINIATURE_HOOK.read_bytes().partition(b"\n")
        hook = head + b"\nimport no_such_module\nno_such_module.x\n" + rest
        recipe = Recipe(hook=hook, rootfs=rootfs, architecture=ARCHITECTURE)
        layout(tmp_path / "broken", recipe)
        return f"oci:{tmp_path}/broken"

    @pytest.mark.parametrize("engine", ["docker", "direct"])
    def test_the_base_is_told_apart(
        self, clean_engine: Engine, broken: str, tmp_path: Path, engine: str
    ) -> None:
        command = ("build", broken, "--engine", engine, "--to", "docker-daemon:mine/x:y")
        env: dict[str, str | None] = {"DOCKER_HOST": clean_engine.host}
        refused = ksimage(*command, cwd=tmp_path, env=env)
        assert refused.code == 7
        assert "the base's own hook does not start" in refused.stderr
        assert "no_such_module" in refused.stderr and "--no-smoke-test" in refused.stderr
        assert "mine/x:y" not in names(clean_engine)
        built = ksimage(*command, "--no-smoke-test", "--output", "json", cwd=tmp_path, env=env).ok()
        assert built.document["smoke_test"] is None
        assert "mine/x:y" in names(clean_engine)


@dataclass(frozen=True)
class Changed(Recipe):
    """A base with ONBUILD instructions, which a builder executes at FROM."""

    onbuild: tuple[str, ...] = ()

    def config(self) -> dict[str, Any]:
        return {**super().config(), "OnBuild": list(self.onbuild) or None}


class TestFailure:
    """Whatever goes wrong: no name, no leftovers, and a message that says what."""

    def build(self, engine: Engine, tmp_path: Path, recipe: Recipe, more: str = "") -> Any:
        """Build; ``more`` follows the Dockerfile's FROM, as a faulty template's line would."""
        layout(tmp_path / "base", recipe)
        work = tmp_path / "work"
        work.mkdir()
        before, dangling = names(engine), unnamed(engine)
        code = (
            "import ksimage.derivation.dockerfile as dockerfile\n"
            "render = dockerfile.render\n"
            "dockerfile.render = lambda *a, **k: render(*a, **k).replace(\n"
            f"    'COPY --chown', {more!r} + 'COPY --chown')\n"
            "from ksimage.cli import main; main()"
        )
        run = ksimage(
            "build", "v3.3.2", "--engine", "docker", "--from", f"oci:{tmp_path}/base",
            cwd=work, env={"DOCKER_HOST": engine.host}, command=(sys.executable, "-c", code),
        )  # fmt: skip
        assert run.stdout == ""
        assert names(engine) == before
        assert unnamed(engine) == dangling
        assert engine.docker("ps", "--all", "--quiet") == ""
        assert list(work.iterdir()) == []
        return run

    def recipe(self, rootfs: Path, *onbuild: str) -> Recipe:
        return Changed(
            hook=MINIATURE_HOOK.read_bytes(),
            rootfs=rootfs,
            architecture=ARCHITECTURE,
            onbuild=onbuild,
        )

    def test_the_build_log_is_shown(
        self, clean_engine: Engine, rootfs: Path, tmp_path: Path
    ) -> None:
        more = "COPY not-in-the-context /somewhere\n"
        run = self.build(clean_engine, tmp_path, self.recipe(rootfs), more)
        assert run.code == 7
        assert "not-in-the-context" in run.stderr
        assert "Step 1/" in run.stderr

    def test_an_image_that_fails_its_proof_gets_no_tag(
        self, clean_engine: Engine, rootfs: Path, tmp_path: Path
    ) -> None:
        more = "ENV ADDED=behind-your-back\n"
        run = self.build(clean_engine, tmp_path, self.recipe(rootfs), more)
        assert run.code == 6
        assert "ADDED" in run.stderr

    def test_what_a_base_wants_run_is_not_run(
        self, clean_engine: Engine, rootfs: Path, tmp_path: Path
    ) -> None:
        recipe = self.recipe(rootfs, "RUN touch /ran")
        run = self.build(clean_engine, tmp_path, recipe)
        assert run.code == 11
        assert "ONBUILD" in run.stderr and "Step " not in run.stderr

    def test_a_hook_that_does_not_start_gets_no_tag(
        self, clean_engine: Engine, tmp_path: Path
    ) -> None:
        recipe = Recipe(hook=MINIATURE_HOOK.read_bytes(), architecture=ARCHITECTURE)
        run = self.build(clean_engine, tmp_path, recipe)
        assert run.code == 7
        assert "--config" in run.stderr

    def test_another_platform(self, clean_engine: Engine, tmp_path: Path) -> None:
        other = "arm64" if ARCHITECTURE == "amd64" else "amd64"
        recipe = Recipe(hook=MINIATURE_HOOK.read_bytes(), architecture=other)
        run = self.build(clean_engine, tmp_path, recipe)
        assert run.code == 4
        assert f"linux/{other}" in run.stderr


class TestNames:
    def build(self, engine: Engine, base: Base, tmp_path: Path, *arguments: str) -> Any:
        return ksimage(
            "build", "v3.3.2", "--engine", "docker", "--from", base.location, *arguments,
            cwd=tmp_path, env={"DOCKER_HOST": engine.host},
        )  # fmt: skip

    def test_a_foreign_image_keeps_its_tag(
        self, clean_engine: Engine, base: Base, tmp_path: Path
    ) -> None:
        foreign = "names/ks-installer:v3.3.2-debug"
        load(base, foreign, tmp_path, {"DOCKER_HOST": clean_engine.host})
        before = clean_engine.docker("inspect", "--format={{.Id}}", foreign)
        to = ("--to", f"docker-daemon:{foreign}")
        run = self.build(clean_engine, base, tmp_path, *to)
        assert run.code == 10
        assert "--replace" in run.stderr
        assert "it holds a hook that neither upstream nor ksimage made" in run.stderr
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DOCKER_HOST", clean_engine.host)
            patch.setattr(DaemonSource, "_spool", None)  # nothing is saved to tell it
            found = look(spec.parse(f"docker-daemon:{foreign}"), None)
        assert str(found) == "a hook that neither upstream nor ksimage made"
        assert clean_engine.docker("inspect", "--format={{.Id}}", foreign) == before
        run = self.build(clean_engine, base, tmp_path, *to, "--replace").ok()
        assert clean_engine.docker("inspect", "--format={{.Id}}", foreign) != before

    def test_a_second_run_changes_nothing(
        self, clean_engine: Engine, base: Base, tmp_path: Path
    ) -> None:
        first = self.build(clean_engine, base, tmp_path).ok()
        before = clean_engine.docker("inspect", "--format={{.Id}}", RESULT)
        second = self.build(clean_engine, base, tmp_path).ok()
        assert second.reference == first.reference
        assert clean_engine.docker("inspect", "--format={{.Id}}", RESULT) == before
        # another level is another image, and ours may be replaced like `docker build` does
        self.build(clean_engine, base, tmp_path, "--verbose=3").ok()
        assert clean_engine.docker("inspect", "--format={{.Id}}", RESULT) != before

    def test_auto_takes_the_engine_that_is_there(
        self, clean_engine: Engine, base: Base, tmp_path: Path
    ) -> None:
        build = ("-v", "build", "v3.3.2", "--from", base.location)
        run = ksimage(*build, cwd=tmp_path, env={"DOCKER_HOST": clean_engine.host}).ok()
        assert RESULT in names(clean_engine)
        assert "docker" in run.stderr
        assert clean_engine.host in run.stderr


class TestOtherBuilders:
    """``ksimage render`` writes what BuildKit and buildah build as well."""

    @pytest.fixture
    def context(self, base: Base, registry: RunningRegistry, tmp_path: Path) -> Path:
        name = to_registry(base, registry, "builders")
        ksimage(
            "render", "v3.3.2", "--verbose=4", "--from", name, "-o", "context", cwd=tmp_path
        ).ok()
        return tmp_path / "context"

    def test_buildah(self, context: Path, tmp_path: Path) -> None:
        requires.root()
        buildah = [
            requires.program("buildah"), f"--root={tmp_path}/root", f"--runroot={tmp_path}/run",
            "--storage-driver=vfs",
        ]  # fmt: skip
        build = ["bud", "--isolation=chroot", "--tls-verify=false", "--tag=patched", str(context)]
        run = subprocess.run([*buildah, *build], capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        archive = f"docker-archive:{tmp_path}/built.tar:patched:image"
        run = subprocess.run(
            [*buildah, "push", "--disable-compression", "localhost/patched", archive],
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr
        self.proven(f"docker-archive:{tmp_path}/built.tar", context, tmp_path)

    def test_buildkit(self, clean_engine: Engine, context: Path, tmp_path: Path) -> None:
        docker = self.client_with_buildkit(clean_engine)
        run = subprocess.run(
            [docker, "build", "--quiet", "--tag=built/by-buildkit:image", str(context)],
            env={**clean_engine.environment, "DOCKER_BUILDKIT": "1"},
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr
        env: dict[str, str | None] = {"DOCKER_HOST": clean_engine.host}
        self.proven("docker-daemon:built/by-buildkit:image", context, tmp_path, env)
        answer = clean_engine.run("built/by-buildkit:image", "--config", entrypoint=f"/{HOOK_PATH}")
        assert json.loads(answer)["onKubernetesEvent"]

    def test_classic_builder(self, clean_engine: Engine, context: Path, tmp_path: Path) -> None:
        run = subprocess.run(
            [requires.program("docker"), "build", "--tag=built/by-classic:image", str(context)],
            env={**clean_engine.environment, "DOCKER_BUILDKIT": "0"},
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr
        env: dict[str, str | None] = {"DOCKER_HOST": clean_engine.host}
        self.proven("docker-daemon:built/by-classic:image", context, tmp_path, env)

    @staticmethod
    def proven(
        image: str, context: Path, tmp_path: Path, env: dict[str, str | None] | None = None
    ) -> None:
        base = next(
            line.removeprefix("FROM ")
            for line in (context / "Dockerfile").read_text().splitlines()
            if line.startswith("FROM ")
        )
        run = ksimage(
            "verify", image, "--base", base, "--output", "json", cwd=tmp_path, env=env
        ).ok()
        (platform,) = run.document["platforms"]
        assert {proof["name"]: proof["passed"] for proof in platform["proofs"]} == dict.fromkeys(
            (proof["name"] for proof in platform["proofs"]), True
        )
        assert platform["origin"] == "ksimage"
        with pytest.MonkeyPatch.context() as patch:
            for key, value in (env or {}).items():
                patch.setenv(key, value or "")
            assert look(spec.parse(image), None).ours, "whichever builder wrote the history"

    @staticmethod
    def client_with_buildkit(engine: Engine) -> str:
        """A docker client that needs no plug-in for BuildKit, or has it."""
        candidates = ("/usr/bin/docker", requires.program("docker"))
        for docker in candidates:
            if not Path(docker).exists():
                continue
            version = subprocess.run([docker, "--version"], capture_output=True, text=True).stdout
            buildx = subprocess.run([docker, "buildx", "version"], capture_output=True)
            if version.startswith(("Docker version 20.", "Docker version 19.")):
                return docker
            if buildx.returncode == 0:
                return docker
        pytest.skip("no docker client here that can use BuildKit (docker-buildx)")
