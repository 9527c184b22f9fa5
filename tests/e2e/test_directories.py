"""The hook's directories in stores that keep each layer apart: as in the base, by either engine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support import requires, unpacked
from tests.support.engine import Engine
from tests.support.images import HOOK_PATH, Entry, Recipe, Step, directory, layout
from tests.support.program import MINIATURE_HOOK, ksimage
from tests.support.rootfs import ARCHITECTURE

pytestmark = pytest.mark.e2e

WHAT = ("base", "docker", "direct")
FOLDERS = ("/hooks", "/hooks/kubesphere")
STAT = (
    "import json, os; print(json.dumps([[oct(s.st_mode), s.st_uid, s.st_gid] for s in map(os.stat,"
    f" {FOLDERS!r})]))"
)
EXPECTED = [["0o42775", 1002, 1003], ["0o41750", 1002, 1002]]


class Odd(Recipe):
    """Directories that nothing would make by itself; a layer below has others."""

    def steps(self) -> list[Step]:
        hook = Entry(HOOK_PATH, MINIATURE_HOOK.read_bytes(), 0o755, 1002, 1002)
        hooks = Entry("hooks", mode=0o2775, uid=1002, gid=1003, kind="dir")
        inner = directory("hooks/kubesphere", owner=1002, mode=0o1750)
        below = (directory("hooks"), directory("hooks/kubesphere", mode=0o700))
        return [
            Step("ADD file:1 in /", tar=self.rootfs),
            Step("RUN mkdir -p /hooks/kubesphere", below),
            Step("RUN chown -R kubesphere /hooks", (hooks, inner, hook)),
            Step("ADD playbooks /kubesphere/playbooks # buildkit", (Entry("kubesphere/x"),)),
        ]


@dataclass(frozen=True)
class Images:
    """Both results: in an engine, and as OCI layouts."""

    engine: Engine
    names: dict[str, str]
    layouts: dict[str, str]


@pytest.fixture(scope="module")
def images(
    docker_engine: Engine,
    rootfs: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Images:
    driver = docker_engine.docker("info", "--format={{.Driver}}")
    requires.condition(driver == "overlay2", f"the engine stores images in {driver}, not overlay2")
    folder = tmp_path_factory.mktemp("odd")
    layout(folder / "base", Odd(rootfs=rootfs, architecture=ARCHITECTURE))
    env = {"DOCKER_HOST": docker_engine.host}
    names = {"base": "odd-base/ks-installer:v3.3.2"}
    ksimage(
        "push", f"oci:{folder}/base", "--to", f"docker-daemon:{names['base']}", cwd=folder, env=env
    ).ok()
    for engine in ("docker", "direct"):
        names[engine] = f"odd-{engine}/ks-installer:v3.3.2-debug"
        ksimage(
            "build", "v3.3.2", "--from", f"oci:{folder}/base", "--engine", engine,
            "--to", f"docker-daemon:{names[engine]}", cwd=folder, env=env,
        ).ok()  # fmt: skip
    host = ("--src-daemon-host", docker_engine.host)
    layouts = {
        what: unpacked.to_layout(f"docker-daemon:{name}", folder / f"layout-{what}", *host)
        for what, name in names.items()
    }
    return Images(docker_engine, names, layouts)


@pytest.mark.parametrize("what", WHAT)
def test_overlay2(images: Images, what: str) -> None:
    found = images.engine.run(images.names[what], "python3", "-c", STAT, entrypoint="/usr/bin/env")
    assert told("overlay2", what, json.loads(found)) == EXPECTED


def told(store: str, what: str, found: list[list[object]]) -> list[list[object]]:
    """A line of the table: base against result, both engines."""
    folders = "   ".join(
        f"{path} {mode} {uid}:{gid}" for path, (mode, uid, gid) in zip(FOLDERS, found, strict=True)
    )
    print(f"{store:9} {what:7} {folders}")
    return found


@pytest.fixture
def buildah(tmp_path: Path) -> Iterator[list[str]]:
    program = requires.program("buildah")
    requires.root()
    command = [
        program, f"--root={tmp_path}/root", f"--runroot={tmp_path}/run", "--storage-driver=overlay",
    ]  # fmt: skip
    yield command
    subprocess.run([*command, "umount", "--all"], capture_output=True)


@pytest.mark.parametrize("what", WHAT)
def test_buildah(images: Images, what: str, buildah: list[str]) -> None:
    container = _output([*buildah, "from", f"oci:{images.layouts[what]}"])
    root = Path(_output([*buildah, "mount", container]))
    found = [(root / path.lstrip("/")).stat() for path in FOLDERS]
    listed = [[oct(s.st_mode), s.st_uid, s.st_gid] for s in found]
    assert told("buildah", what, listed) == EXPECTED


def _output(command: list[str]) -> str:
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()
