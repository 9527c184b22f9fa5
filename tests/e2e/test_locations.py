"""Other tools judge what we write, and we read what they write."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import stat
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from tests.support import requires
from tests.support.engine import Engine
from tests.support.images import HOOK, HOOK_PATH, ImageStore, Recipe, layout
from tests.support.rootfs import ARCHITECTURE

from ksimage.errors import EngineRefused, EngineUnreachable, ImageNotFound, PlatformNeeded
from ksimage.locations import access, spec, transfer
from ksimage.locations.docker import engine as engine_module
from ksimage.locations.docker.daemon import DaemonSource, DaemonTarget
from ksimage.locations.oci.layout import LayoutSource
from ksimage.locations.views import AsOci
from ksimage.objects import mapping

pytestmark = pytest.mark.e2e

NAME = "kubesphere/ks-installer:v3.3.2"


def copy(source: str, target: str, platform: str = "") -> transfer.CopyResult:
    opened = access.open_source(spec.parse(source))
    destination = access.open_target(spec.parse(target))
    try:
        chosen = transfer.of_platform(opened, target, platform) if platform else opened
        return transfer.copy(chosen, destination)
    finally:
        opened.close()
        destination.close()


def skopeo(*arguments: str) -> str:
    command = [requires.program("skopeo"), "--insecure-policy", *arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def diff_ids(store: Path, digest: str) -> list[str]:
    opened = ImageStore(store)
    config = opened.json(opened.json(digest)["config"]["digest"])
    return list(config["rootfs"]["diff_ids"])


@pytest.fixture
def use_engine(docker_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The test's own engine is the one that the product finds."""
    monkeypatch.setenv("DOCKER_HOST", docker_engine.host)
    monkeypatch.setenv("DOCKER_CONFIG", str(docker_engine.folder / "config"))
    return docker_engine


@pytest.fixture
def runnable(tmp_path: Path, rootfs: Path) -> tuple[Path, str]:
    """A layout with an image that runs here, and its digest."""
    path = tmp_path / "base"
    return path, layout(path, Recipe(rootfs=rootfs, architecture=ARCHITECTURE))


class TestSkopeo:
    def test_reads_our_layout_of_all_platforms(self, tmp_path: Path) -> None:
        digest = layout(
            tmp_path / "in", Recipe(family="oci"), Recipe(family="oci", architecture="arm64")
        )
        copy(f"oci:{tmp_path}/in", f"oci:{tmp_path}/out:v3.3.2-debug")
        skopeo("copy", "--all", f"oci:{tmp_path}/out:v3.3.2-debug", f"dir:{tmp_path}/dir")
        copied = (tmp_path / "dir" / "manifest.json").read_bytes()
        assert copied == ImageStore(tmp_path / "in").read(digest)

    def test_reads_our_oci_archive(self, tmp_path: Path) -> None:
        digest = layout(tmp_path / "in", Recipe(family="oci", architecture=ARCHITECTURE))
        copy(f"oci:{tmp_path}/in", f"oci-archive:{tmp_path}/out.tar:v3.3.2-debug")
        shown = json.loads(skopeo("inspect", f"oci-archive:{tmp_path}/out.tar:v3.3.2-debug"))
        assert shown["Digest"] == digest
        assert shown["Architecture"] == ARCHITECTURE

    @pytest.mark.parametrize("family", ["docker", "oci"])
    def test_reads_our_docker_archive(self, tmp_path: Path, family: Any) -> None:
        digest = layout(tmp_path / "in", Recipe(family=family))
        copy(f"oci:{tmp_path}/in", f"docker-archive:{tmp_path}/out.tar:{NAME}")
        skopeo("copy", f"docker-archive:{tmp_path}/out.tar:{NAME}", f"oci:{tmp_path}/back:x")
        (entry,) = json.loads((tmp_path / "back" / "index.json").read_text())["manifests"]
        assert diff_ids(tmp_path / "back", entry["digest"]) == diff_ids(tmp_path / "in", digest)

    def test_writes_archives_that_we_read(self, tmp_path: Path) -> None:
        layout(tmp_path / "in", Recipe(family="oci"), ref="a")
        skopeo("copy", f"oci:{tmp_path}/in:a", f"oci-archive:{tmp_path}/oci.tar:b")
        skopeo("copy", f"oci:{tmp_path}/in:a", f"docker-archive:{tmp_path}/docker.tar:{NAME}")
        copy(f"oci-archive:{tmp_path}/oci.tar:b", f"oci:{tmp_path}/out:oci")
        copy(f"docker-archive:{tmp_path}/docker.tar", f"oci:{tmp_path}/out:docker")
        digests = [
            entry["digest"]
            for entry in json.loads((tmp_path / "out" / "index.json").read_text())["manifests"]
        ]
        assert len(digests) == 2
        assert diff_ids(tmp_path / "out", digests[0]) == diff_ids(tmp_path / "out", digests[1])

    def test_finds_docker_images_by_name_only_as_oci(self, tmp_path: Path) -> None:
        """Why AsOci exists; should skopeo learn to find them one day, this fails."""
        layout(tmp_path / "in", Recipe(family="docker"), ref="x")
        command = [requires.program("skopeo"), "inspect", f"oci:{tmp_path}/in:x"]
        refused = subprocess.run(command, capture_output=True, text=True)
        assert "no descriptor found" in refused.stderr
        target = access.open_target(spec.parse(f"oci:{tmp_path}/out:x"))
        digest = transfer.copy(AsOci(LayoutSource(tmp_path / "in")), target).digest
        assert json.loads(skopeo("inspect", f"oci:{tmp_path}/out:x"))["Digest"] == digest


class TestUmoci:
    @pytest.mark.parametrize("shape", ["add", "chown"])
    @pytest.mark.parametrize("family", ["docker", "oci"])
    def test_unpacks_our_layout(self, tmp_path: Path, shape: Any, family: Any) -> None:
        umoci = requires.program("umoci")
        requires.root()
        layout(tmp_path / "in", Recipe(shape=shape, family=family))
        target = access.open_target(spec.parse(f"oci:{tmp_path}/out:x"))
        transfer.copy(AsOci(LayoutSource(tmp_path / "in")), target)
        command = [umoci, "unpack", "--image", f"{tmp_path}/out:x", str(tmp_path / "bundle")]
        result = subprocess.run(command, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        hook = tmp_path / "bundle" / "rootfs" / HOOK_PATH
        assert hook.read_bytes() == HOOK
        assert hook.stat().st_uid == (1002 if shape == "chown" else 0)


class TestEngine:
    def test_load_save_and_run(
        self, use_engine: Engine, runnable: tuple[Path, str], tmp_path: Path
    ) -> None:
        path, digest = runnable
        image_id = ImageStore(path).json(digest)["config"]["digest"]
        copy(f"oci:{path}", f"docker-archive:{tmp_path}/image.tar:{NAME}")
        loaded = use_engine.docker("load", "--input", str(tmp_path / "image.tar"))
        assert loaded == f"Loaded image: {NAME}"
        assert use_engine.docker("inspect", "--format={{.Id}}", NAME) == image_id
        printed = use_engine.run(NAME, "--config", entrypoint=f"/{HOOK_PATH}")
        assert json.loads(printed)["onKubernetesEvent"]

        saved = tmp_path / "saved.tar"
        use_engine.docker("save", "--output", str(saved), NAME)
        copy(f"docker-archive:{saved}", f"oci:{tmp_path}/saved")
        (entry,) = json.loads((tmp_path / "saved" / "index.json").read_text())["manifests"]
        assert diff_ids(tmp_path / "saved", entry["digest"]) == diff_ids(path, digest)

        with (
            saved.open("rb") as plain,
            gzip.open(tmp_path / "saved.tar.gz", "wb", compresslevel=1) as packed,
        ):
            shutil.copyfileobj(plain, packed)
        again = copy(f"docker-archive:{tmp_path}/saved.tar.gz:{NAME}", f"oci:{tmp_path}/saved")
        assert again.digest == entry["digest"]
        assert again.sent == 0

    def test_daemon_round_trip(
        self, use_engine: Engine, runnable: tuple[Path, str], tmp_path: Path
    ) -> None:
        path, digest = runnable
        image_id = ImageStore(path).json(digest)["config"]["digest"]
        name = "kubesphere/ks-installer:round-trip"
        target = DaemonTarget(name)
        assert target.held() is None
        result = copy(f"oci:{path}", f"docker-daemon:{name}")
        assert result.digest == digest
        held = target.held()
        target.close()
        assert held is not None
        assert held.digest == image_id

        out = copy(f"docker-daemon:{name}", f"oci:{tmp_path}/out:x")
        assert diff_ids(tmp_path / "out", out.digest) == diff_ids(path, digest)
        pinned = copy(f"docker-daemon:{name}@{image_id}", f"oci:{tmp_path}/out:y")
        assert pinned.digest == out.digest
        with pytest.raises(ImageNotFound):
            copy(f"docker-daemon:{name}@sha256:{'0' * 64}", f"oci:{tmp_path}/out:z")

    def test_index_goes_into_the_engine_as_its_own_platform(
        self, use_engine: Engine, tmp_path: Path
    ) -> None:
        layout(tmp_path / "in", Recipe(), Recipe(architecture="arm64", seed=2))
        copy(f"oci:{tmp_path}/in", "docker-daemon:platforms:test")
        shown = use_engine.docker("inspect", "--format={{.Architecture}}", "platforms:test")
        assert shown == ARCHITECTURE
        copy(f"oci:{tmp_path}/in", "docker-daemon:platforms:test", "linux/arm64")
        shown = use_engine.docker("inspect", "--format={{.Architecture}}", "platforms:test")
        assert shown == "arm64"
        with pytest.raises(PlatformNeeded):
            copy(f"oci:{tmp_path}/in", f"docker-archive:{tmp_path}/x.tar:{NAME}")
        assert not (tmp_path / "x.tar").exists()

    @pytest.mark.parametrize("shape", ["add", "chown"])
    def test_read_file_starts_nothing(self, use_engine: Engine, tmp_path: Path, shape: Any) -> None:
        name = f"readable:{shape}"
        layout(tmp_path / "in", Recipe(shape=shape, architecture=ARCHITECTURE))
        copy(f"oci:{tmp_path}/in", f"docker-daemon:{name}")
        source = DaemonSource(name)
        try:
            file = source.read_file(f"/{HOOK_PATH}")
            assert file == HOOK
            assert source.read_file("/hooks") is None
            assert source.read_file("/hooks/nothing") is None
            assert mapping(source.inspect(), "Config")["User"] == "kubesphere"
        finally:
            source.close()
        assert use_engine.docker("ps", "--all", "--quiet") == ""

    def test_missing_image(self, use_engine: Engine) -> None:
        source = DaemonSource("no/such:image")
        with pytest.raises(ImageNotFound):
            source.top()
        source.close()

    def test_refused_load_is_an_error_and_names_nothing(
        self, use_engine: Engine, tmp_path: Path
    ) -> None:
        digest = layout(tmp_path / "in", Recipe(variant="wrong-diff-ids"))
        before = set(use_engine.docker("images", "--all", "--quiet").split())
        with pytest.raises(EngineRefused):
            copy(f"oci:{tmp_path}/in@{digest}", "docker-daemon:wrong:1")
        assert set(use_engine.docker("images", "--all", "--quiet").split()) == before

    def test_reachable(self, use_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        found, why = engine_module.reachable()
        assert found
        assert use_engine.host in why
        monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
        assert engine_module.reachable() == (
            False,
            "no Docker Engine at unix:///nowhere/docker.sock (there is no such socket)",
        )
        with pytest.raises(EngineUnreachable):
            engine_module.connect("image")

    def test_current_context_is_honoured(
        self, docker_engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.delenv("DOCKER_HOST", raising=False)
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        environment = {**os.environ, "DOCKER_CONFIG": str(tmp_path)}
        docker = requires.program("docker")
        for arguments in (
            ["context", "create", "mine", f"--docker=host={docker_engine.host}"],
            ["context", "use", "mine"],
        ):
            subprocess.run([docker, *arguments], env=environment, check=True, capture_output=True)
        assert engine_module.host() == docker_engine.host
        client = engine_module.connect("image")
        assert client.version()["Os"] == "linux"
        client.close()


class TestContainerd:
    """`ctr images import` into the containerd that the engine runs."""

    def test_imports_our_docker_archive(
        self, use_engine: Engine, runnable: tuple[Path, str], tmp_path: Path
    ) -> None:
        path, digest = runnable
        copy(f"oci:{path}", f"docker-archive:{tmp_path}/image.tar:{NAME}")
        listed = self._import(use_engine, tmp_path / "image.tar")
        assert f"docker.io/{NAME}" in listed
        assert digest in listed

    def test_imports_our_oci_archive(
        self, use_engine: Engine, runnable: tuple[Path, str], tmp_path: Path
    ) -> None:
        path, digest = runnable
        copy(f"oci:{path}", f"oci-archive:{tmp_path}/image.tar:v3.3.2-debug")
        listed = self._import(
            use_engine, tmp_path / "image.tar", "--base-name=docker.io/kubesphere/ks-installer"
        )
        assert "docker.io/kubesphere/ks-installer:v3.3.2-debug" in listed
        assert digest in listed

    @staticmethod
    def _import(engine: Engine, archive: Path, *options: str) -> str:
        ctr = requires.program("ctr")
        address = f"--address={engine.folder}/exec/containerd/containerd.sock"
        command = [ctr, address, "--namespace=test", "images"]
        listed = ""
        for arguments in (["import", "--no-unpack", *options, str(archive)], ["list"]):
            result = subprocess.run([*command, *arguments], capture_output=True, text=True)
            if "no-unpack" in result.stderr:  # containerd 1.6 cannot but unpack
                arguments.remove("--no-unpack")
                result = subprocess.run([*command, *arguments], capture_output=True, text=True)
            assert result.returncode == 0, result.stderr
            listed = result.stdout
        return listed


def test_target_files_obey_the_umask(tmp_path: Path) -> None:
    layout(tmp_path / "in", Recipe())
    before = os.umask(0o027)
    try:
        copy(f"oci:{tmp_path}/in", f"oci-archive:{tmp_path}/out.tar:x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out.tar").stat().st_mode) == 0o640
    with tarfile.open(tmp_path / "out.tar") as archive:
        assert {member.mode for member in archive if member.isreg()} == {0o644}
