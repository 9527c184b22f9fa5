"""The real ks-installer: upstream's own hook, playbooks, env and roles, patched and started.

``KS_INSTALLER_REPO`` names a clone of kubesphere/ks-installer. Upstream's images were withdrawn, so
the image is made here, in the shape that its recipe gives the release.
"""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import Base
from tests.support import requires, unpacked
from tests.support.engine import Engine
from tests.support.images import HOOK_PATH, Entry, Recipe, layout
from tests.support.program import ksimage
from tests.support.rootfs import ARCHITECTURE

from ksimage.locations import access, spec, transfer

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

FOLDERS = {
    "roles": "kubesphere/installer/roles",
    "env": "kubesphere/results/env",
    "playbooks": "kubesphere/playbooks",
}


@pytest.fixture(scope="module", params=["v3.3.2", "v3.4.1", "v3.1.1"])
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def base(release: str, rootfs: Path, tmp_path_factory: pytest.TempPathFactory) -> Base:
    repository = requires.variable("KS_INSTALLER_REPO", "a clone of kubesphere/ks-installer")
    hook, files = b"", []
    for path, mode, content in upstream(repository, release, "controller", *FOLDERS):
        top, _, rest = path.partition("/")
        if path == "controller/installRunner.py":
            hook = content
        elif top in FOLDERS and mode == "120000":
            link = content.decode()
            files.append(Entry(f"{FOLDERS[top]}/{rest}", kind="symlink", link=link))
        elif top in FOLDERS:
            bits = 0o755 if mode == "100755" else 0o644
            files.append(Entry(f"{FOLDERS[top]}/{rest}", content, mode=bits))
    recipe = Recipe(
        release=release,
        shape="add" if release < "v3.3" else "chown",
        hook=hook,
        rootfs=rootfs,
        files=tuple(files),
        architecture=ARCHITECTURE,
    )
    folder = tmp_path_factory.mktemp(release) / "base"
    return Base(folder, layout(folder, recipe, ref=release))


def upstream(repository: str, release: str, *folders: str) -> Iterator[tuple[str, str, bytes]]:
    """Path, git's mode and content of all files of a release that the clone has.

    Clones made with a blob filter lack the largest files, which no hook needs to start.
    """
    git = ["git", "-C", repository]
    listed = subprocess.run(
        [*git, "ls-tree", "-r", "-z", release, *folders], capture_output=True, check=True
    ).stdout.decode()
    entries = [line.partition("\t") for line in listed.split("\0") if line]
    wanted = [(path, *fields.split()) for fields, _, path in entries]
    request = "".join(f"{oid}\n" for _, _, _, oid in wanted).encode()
    answer = io.BytesIO(
        subprocess.run(
            [*git, "cat-file", "--batch"], input=request, capture_output=True, check=True
        ).stdout
    )
    for path, mode, _, _ in wanted:
        header = answer.readline().split()
        if header[-1] == b"missing":
            continue
        content = answer.read(int(header[2]))
        answer.read(1)
        yield path, mode, content


def test_both_engines_make_an_installer_that_starts(
    release: str, base: Base, clean_engine: Engine, tmp_path: Path
) -> None:
    env: dict[str, str | None] = {"DOCKER_HOST": clean_engine.host}
    common = ("build", release, "--verbose", "--from", base.location, "--output", "json")
    docker, direct = f"real/by-docker:{release}", f"real/by-direct:{release}"
    by_docker = ksimage(
        *common, "--engine", "docker", "--to", f"docker-daemon:{docker}", cwd=tmp_path, env=env
    ).ok()
    by_direct = ksimage(
        *common, "--engine", "direct", "--to", f"docker-daemon:{direct}", cwd=tmp_path, env=env
    ).ok()
    for run in (by_docker, by_direct):
        assert not any("not upstream's" in note for note in run.document["notes"])
        assert {proof["passed"] for proof in run.document["proofs"][0]["proofs"]} == {True}
    assert by_docker.document["hooks"] == by_direct.document["hooks"]

    expected = pristine_answer(base, clean_engine, tmp_path)
    for image in (docker, direct):
        answer = clean_engine.run(image, "--config", entrypoint=f"/{HOOK_PATH}")
        assert answer == expected
        hooks = json.loads(answer)["onKubernetesEvent"]
        assert hooks[0]["objectName"] == "ks-installer"

    trees = [
        unpacked.tree(
            unpacked.to_layout(
                f"docker-daemon:{image}", tmp_path / f"layout-{number}", "--src-daemon-host",
                clean_engine.host,
            ),
            tmp_path / f"tree-{number}",
        )
        for number, image in enumerate((docker, direct))
    ]  # fmt: skip
    assert trees[0] == trees[1]
    assert "kubesphere/playbooks/monitoring.yaml" in trees[0]
    executables = [
        path
        for path, node in trees[0].items()
        if path.startswith("hooks/") and node.kind == "-" and node.mode & 0o111
    ]
    assert sorted(executables) == [HOOK_PATH, "hooks/kubesphere/schedule.sh"]


def pristine_answer(base: Base, engine: Engine, tmp_path: Path) -> str:
    """What the pristine hook answers in its own image."""
    archive = tmp_path / "pristine.tar"
    source = access.open_source(spec.parse(base.location))
    target = access.open_target(spec.parse(f"docker-archive:{archive}:real/pristine:image"))
    transfer.copy(source, target)
    target.close()
    source.close()
    engine.docker("load", "--input", str(archive))
    return engine.run("real/pristine:image", "--config", entrypoint=f"/{HOOK_PATH}")
