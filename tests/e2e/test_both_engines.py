"""Docker Engine and direct engine make the same image of a base, in both of upstream's shapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from tests.e2e.conftest import Base, Shape
from tests.support import unpacked
from tests.support.engine import Engine
from tests.support.images import CREATED, HOOK_PATH
from tests.support.program import Finished, ksimage

from ksimage.locations import access, spec, transfer

pytestmark = pytest.mark.e2e

CALLS = 7  # of ansible_runner in one run of the miniature without migration: 2, 2 components, 3


@dataclass(frozen=True)
class Pair:
    """The same base through both engines.

    ``docker`` and ``direct`` are names in the engine, ``*_layout`` images for umoci.
    """

    shape: Shape
    base: Base
    docker: str
    direct: str
    docker_layout: str
    direct_layout: str
    docker_run: Finished
    direct_run: Finished


@pytest.fixture(scope="module", params=["add", "chown"])
def pair(
    request: pytest.FixtureRequest,
    docker_engine: Engine,
    runnable_base: Callable[[Shape], Base],
    tmp_path_factory: pytest.TempPathFactory,
) -> Pair:
    shape: Shape = request.param
    base = runnable_base(shape)
    folder = tmp_path_factory.mktemp(shape)
    env = {"DOCKER_HOST": docker_engine.host}
    common = ("build", "v3.3.2", "--verbose", "--from", base.location, "--output", "json")
    docker, direct = f"by-docker/ks-installer:{shape}", f"by-direct/ks-installer:{shape}"
    docker_run = ksimage(
        *common, "--engine", "docker", "--to", f"docker-daemon:{docker}", cwd=folder, env=env
    ).ok()
    direct_run = ksimage(
        *common, "--engine", "direct", "--to", "oci:direct:image", cwd=folder, env=env
    ).ok()
    ksimage(
        *common, "--engine", "direct", "--to", f"docker-daemon:{direct}", cwd=folder, env=env
    ).ok()
    docker_layout = unpacked.to_layout(
        f"docker-daemon:{docker}", folder / "docker", "--src-daemon-host", docker_engine.host
    )
    return Pair(
        shape,
        base,
        docker,
        direct,
        docker_layout,
        f"{folder}/direct:image",
        docker_run,
        direct_run,
    )


def settings(config: dict[str, Any]) -> dict[str, Any]:
    """What the image runs with; ``Image`` is the classic builder's note of its last step."""
    return {key: value for key, value in config["config"].items() if value and key != "Image"}


def test_root_file_systems_are_identical(pair: Pair, tmp_path: Path) -> None:
    docker = unpacked.tree(pair.docker_layout, tmp_path / "docker")
    direct = unpacked.tree(pair.direct_layout, tmp_path / "direct")
    assert len(docker) > 500
    assert docker == direct
    hook = docker[HOOK_PATH]
    assert (hook.kind, hook.mode) == ("-", 0o755)
    assert (hook.uid, hook.gid) == ((1002, 1002) if pair.shape == "chown" else (0, 0))


def test_only_the_hook_differs_from_the_base(pair: Pair, tmp_path: Path) -> None:
    # skopeo finds no Docker manifest in an OCI layout by its name: through an archive
    source = access.open_source(spec.parse(pair.base.location))
    target = access.open_target(spec.parse(f"docker-archive:{tmp_path}/base.tar:base:image"))
    transfer.copy(source, target)
    target.close()
    source.close()
    archive = f"docker-archive:{tmp_path}/base.tar:base:image"
    base = unpacked.tree(unpacked.to_layout(archive, tmp_path / "layout"), tmp_path / "base")
    direct = unpacked.tree(pair.direct_layout, tmp_path / "direct")
    changed = {path for path in base | direct if base.get(path) != direct.get(path)}
    assert changed == {HOOK_PATH}
    before, after = base[HOOK_PATH], direct[HOOK_PATH]
    assert before.content != after.content
    assert (before.mode, before.uid, before.gid) == (after.mode, after.uid, after.gid)


def test_configurations_are_equal_but_for_times_and_history(pair: Pair) -> None:
    docker, direct = unpacked.config(pair.docker_layout), unpacked.config(pair.direct_layout)
    assert settings(docker) == settings(direct)
    for key in ("architecture", "os", "variant"):
        assert docker.get(key) == direct.get(key)
    docker_ids, direct_ids = docker["rootfs"]["diff_ids"], direct["rootfs"]["diff_ids"]
    assert docker_ids[:-1] == direct_ids[:-1]
    assert direct["created"] == CREATED
    assert direct["history"][-1]["created_by"].startswith("ksimage ")
    env = dict(word.split("=", 1) for word in direct["config"]["Env"])
    assert env["KS_INSTALLER_VERBOSITY"] == "5"
    assert env["PYTHONUNBUFFERED"] == "1"
    assert direct["config"]["User"] == "kubesphere"


def test_both_pass_the_same_proofs(pair: Pair) -> None:
    def proven(run: Finished) -> list[tuple[str, bool]]:
        (platform,) = run.document["proofs"]
        return [(proof["name"], proof["passed"]) for proof in platform["proofs"]]

    assert proven(pair.docker_run) == proven(pair.direct_run)
    assert [passed for _, passed in proven(pair.direct_run)] == [True] * 7
    assert pair.docker_run.document["smoke_test"] is True
    hooks = [run.document["hooks"] for run in (pair.docker_run, pair.direct_run)]
    assert hooks[0] == hooks[1]


def test_the_hook_answers_in_both(pair: Pair, docker_engine: Engine) -> None:
    answers = [
        docker_engine.run(image, "--config", entrypoint=f"/{HOOK_PATH}")
        for image in (pair.docker, pair.direct)
    ]
    assert answers[0] == answers[1]
    assert json.loads(answers[0])["onKubernetesEvent"]
    # and by way of the entrypoint, as a pod would start it
    assert docker_engine.run(pair.direct) == answers[0]


LEVELS = {None: 5, "2": 2, "0": 0, "99": 5, "very": 0, "": 0}
INSTALLATIONS = f"""
import json, os, subprocess
os.chdir("/tmp")
json.dump({{"spec": {{}}}}, open("cluster.json", "w"))
for value in {list(LEVELS)!r}:
    print(json.dumps(value), flush=True)
    env = os.environ if value is None else dict(os.environ, KS_INSTALLER_VERBOSITY=value)
    subprocess.run(["/{HOOK_PATH}", "--debug"], env=env, check=True)
"""


@pytest.mark.parametrize("engine", ["docker", "direct"])
def test_the_variable_reaches_every_ansible_call(
    pair: Pair, docker_engine: Engine, engine: Literal["docker", "direct"]
) -> None:
    image = pair.docker if engine == "docker" else pair.direct
    output = docker_engine.run(image, "-c", INSTALLATIONS, entrypoint="python3")
    found: dict[str | None, list[dict[str, Any]]] = {}
    calls: list[dict[str, Any]] = []
    for line in output.splitlines():
        function, _, arguments = line.partition(" ")
        if function == "ansible_runner.run":
            calls.append(json.loads(arguments))
        elif not arguments:
            calls = found[json.loads(line)] = []
    assert {value: len(made) for value, made in found.items()} == dict.fromkeys(LEVELS, CALLS)
    for value, level in LEVELS.items():
        assert [call["verbosity"] for call in found[value]] == [level] * CALLS
        assert [call["quiet"] for call in found[value]] == [False] * CALLS


def test_verify_accepts_both_from_the_engine(
    pair: Pair, docker_engine: Engine, tmp_path: Path
) -> None:
    for image in (pair.docker, pair.direct):
        run = ksimage(
            "verify", f"docker-daemon:{image}", "--base", pair.base.location, "--output", "json",
            cwd=tmp_path, env={"DOCKER_HOST": docker_engine.host},
        ).ok()  # fmt: skip
        assert run.document["verified"] is True
        (platform,) = run.document["platforms"]
        assert platform["release"] == "v3.3.2"
        assert {proof["passed"] for proof in platform["proofs"]} == {True}


def test_docker_archive_of_the_direct_engine_loads(
    pair: Pair, docker_engine: Engine, tmp_path: Path
) -> None:
    name = f"loaded/ks-installer:{pair.shape}"
    run = ksimage(
        "build", "v3.3.2", "--from", pair.base.location, "--output", "json",
        "--to", f"docker-archive:image.tar:{name}", cwd=tmp_path,
    ).ok()  # fmt: skip
    shown = docker_engine.docker("load", "--input", str(tmp_path / "image.tar"))
    assert shown == f"Loaded image: {name}"
    (image_id,) = run.document["result"]["image_ids"].values()
    assert docker_engine.docker("inspect", "--format={{.Id}}", name) == image_id
    answer = docker_engine.run(name, "--config", entrypoint=f"/{HOOK_PATH}")
    assert json.loads(answer)["onKubernetesEvent"]
