"""``ksimage build --engine direct``: the same digest everywhere, and what others read in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import Base, Shape, to_registry
from tests.support import requires, unpacked
from tests.support.engine import Engine
from tests.support.images import HOOK_PATH, ImageStore, Recipe, layout
from tests.support.program import COMMAND, MINIATURE, MINIATURE_HOOK, Finished, ksimage
from tests.support.registry import RunningRegistry
from tests.support.rootfs import ARCHITECTURE

import ksimage as package

pytestmark = pytest.mark.e2e

BUILD = ("build", "v3.3.2", "--verbose", "--engine", "direct")
PLATFORMS = (("amd64", 1), ("arm64", 2))
PYTHONS = ("3.10", "3.11", "3.12", "3.13")


def skopeo(*arguments: str) -> Any:
    """What ``skopeo inspect`` prints, parsed."""
    command = [requires.program("skopeo"), "inspect", "--tls-verify=false", *arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def gzipped(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """Both platforms, gzip layers, Docker's media types, and attestations: as published."""
    path = tmp_path_factory.mktemp("gzipped") / "base"
    hook = MINIATURE_HOOK.read_bytes()
    recipes = [Recipe(hook=hook, architecture=name, seed=seed) for name, seed in PLATFORMS]
    return Base(path, layout(path, *recipes, attestations=True))


def digest_of_build(
    base: Base,
    cwd: Path,
    env: Mapping[str, str | None] | None = None,
    command: tuple[str, ...] = COMMAND,
) -> str:
    """Build in ``cwd``; the result's digest, which the files agree with."""
    run = ksimage(
        *BUILD, "--from", base.location, "--to", "oci-archive:result.tar", cwd=cwd,
        env=env, command=command,
    ).ok()  # fmt: skip
    with tarfile.open(cwd / "result.tar") as archive:
        member = archive.extractfile("index.json")
        assert member is not None
        (entry,) = json.load(member)["manifests"]
    digest = run.reference.rpartition("@")[2]
    assert entry["digest"] == digest
    return digest


@pytest.fixture(scope="module")
def usual(gzipped: Base, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the build as everybody runs it."""
    return digest_of_build(gzipped, tmp_path_factory.mktemp("usual"))


class TestSameDigest:
    """The result depends on the inputs and on nothing else."""

    def test_twice(self, usual: str, gzipped: Base, tmp_path: Path) -> None:
        assert digest_of_build(gzipped, tmp_path) == usual

    @pytest.mark.parametrize(
        "env",
        [
            {"TZ": "Asia/Kathmandu"},
            {"LC_ALL": "C", "LANG": "C"},
            {"LC_ALL": "zh_CN.UTF-8"},
            {"LANG": "tr_TR.UTF-8", "LANGUAGE": "tr"},
            {"PYTHONHASHSEED": "1"},
            {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
        ],
        ids=",".join,
    )
    def test_in_another_environment(
        self, usual: str, gzipped: Base, tmp_path: Path, env: dict[str, str]
    ) -> None:
        assert digest_of_build(gzipped, tmp_path, env) == usual

    @pytest.mark.parametrize("umask", ["000", "077"])
    def test_with_another_umask(
        self, usual: str, gzipped: Base, tmp_path: Path, umask: str
    ) -> None:
        command = ("sh", "-c", f'umask {umask} && exec "$@"', "sh", *COMMAND)
        assert digest_of_build(gzipped, tmp_path, command=command) == usual

    def test_of_a_copied_base_in_another_folder(
        self, usual: str, gzipped: Base, tmp_path: Path
    ) -> None:
        shutil.copytree(gzipped.path, tmp_path / "somewhere else" / "base")
        (tmp_path / "work").mkdir()
        copied = Base(tmp_path / "somewhere else" / "base", gzipped.digest)
        assert digest_of_build(copied, tmp_path / "work") == usual

    @pytest.mark.parametrize("version", PYTHONS)
    def test_on_another_python(
        self, usual: str, gzipped: Base, tmp_path: Path, version: str
    ) -> None:
        python = interpreter(version)
        # What a build from and to files imports is pure Python: one installation serves all.
        paths = [str(Path(package.__file__).parents[1]), sysconfig.get_path("purelib")]
        env = {"PYTHONPATH": ":".join(paths), "PYTHONDONTWRITEBYTECODE": "1"}
        command = (python, "-S", *COMMAND[1:])
        assert digest_of_build(gzipped, tmp_path, env, command) == usual

    def test_source_date_epoch(self, usual: str, gzipped: Base, tmp_path: Path) -> None:
        env = {"SOURCE_DATE_EPOCH": "1700000000"}
        digest = digest_of_build(gzipped, tmp_path, env)
        assert digest != usual
        (tmp_path / "again").mkdir()
        assert digest_of_build(gzipped, tmp_path / "again", {**env, "TZ": "Asia/Tokyo"}) == digest
        config = skopeo("--config", "--override-arch=amd64", f"oci-archive:{tmp_path}/result.tar")
        assert config["created"] == "2023-11-14T22:13:20Z"
        assert config["history"][-1]["created"] == "2023-11-14T22:13:20Z"
        assert config["history"][0]["created"].startswith("2022-10-20")

    @pytest.mark.parametrize("epoch", ["now", "1.5", "-1", "0x10", "١٢", "9" * 20])
    def test_malformed_epoch(self, gzipped: Base, tmp_path: Path, epoch: str) -> None:
        run = ksimage(
            *BUILD, "--from", gzipped.location, cwd=tmp_path, env={"SOURCE_DATE_EPOCH": epoch}
        )
        assert run.code == 3
        assert "SOURCE_DATE_EPOCH" in run.stderr
        assert list(tmp_path.iterdir()) == []


def interpreter(version: str) -> str:
    """A Python of that version: on PATH, or pyenv's. Versions are optional everywhere."""
    found = shutil.which(f"python{version}", path="/usr/local/bin:/usr/bin:/bin")
    candidates = [found] if found else []
    candidates += sorted(map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python")))
    for candidate in candidates:
        if subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
            return candidate
    pytest.skip(f"no Python {version} here")


class TestDefaultResult:
    """Without ``--to`` and without an engine: one file here."""

    @pytest.fixture
    def run(self, tmp_path: Path) -> Finished:
        return ksimage(
            "build", "v3.3.2", "--verbose", "--from", f"oci:{MINIATURE}", cwd=tmp_path
        ).ok()

    def test_is_an_archive_of_all_platforms(self, run: Finished, tmp_path: Path) -> None:
        (file,) = tmp_path.iterdir()
        assert file.name == "ks-installer-v3.3.2-debug.tar"
        name = f"oci-archive:{file.name}:v3.3.2-debug"
        digest = run.reference.removeprefix(f"{name}@")
        assert "no Docker Engine" in run.stderr
        raw = skopeo("--raw", f"oci-archive:{file}:v3.3.2-debug")
        platforms = [entry["platform"]["architecture"] for entry in raw["manifests"]]
        assert platforms == ["amd64", "arm64"]
        command = ("verify", f"oci-archive:{file.name}", "--base", f"oci:{MINIATURE}")
        verified = ksimage(*command, cwd=tmp_path).ok()
        assert verified.reference.endswith(f"@{digest}")

    def test_others_than_root_can_read_it(self, run: Finished, tmp_path: Path) -> None:
        requires.root()
        (file,) = tmp_path.iterdir()
        with tempfile.TemporaryDirectory() as home:  # pytest's folders are for their owner only
            shutil.copy(file, home)
            Path(home).chmod(0o755)
            image = f"oci-archive:{home}/{file.name}:v3.3.2-debug"
            inspected = subprocess.run(
                [requires.program("skopeo"), "inspect", "--raw", image],
                user=65534, group=65534, extra_groups=[], env={**os.environ, "HOME": home},
                capture_output=True, text=True,
            )  # fmt: skip
        assert inspected.returncode == 0, inspected.stderr

    def test_second_run_is_a_no_op(self, run: Finished, tmp_path: Path) -> None:
        (file,) = tmp_path.iterdir()
        before = (file.stat().st_mtime_ns, file.stat().st_ino)
        again = ksimage(
            "build", "v3.3.2", "--verbose", "--from", f"oci:{MINIATURE}", "--output", "json",
            cwd=tmp_path,
        ).ok()  # fmt: skip
        assert again.document["result"]["up_to_date"] is True
        assert again.document["result"]["reference"] == run.reference
        assert (file.stat().st_mtime_ns, file.stat().st_ino) == before

    def test_other_content_is_not_overwritten(self, run: Finished, tmp_path: Path) -> None:
        (file,) = tmp_path.iterdir()
        before = file.read_bytes()
        other = ("build", "v3.3.2", "--verbose=1", "--from", f"oci:{MINIATURE}")
        refused = ksimage(*other, cwd=tmp_path)
        assert refused.code == 10
        assert "--replace" in refused.stderr
        assert file.read_bytes() == before
        replaced = ksimage(*other, "--replace", cwd=tmp_path).ok()
        assert replaced.reference != run.reference
        assert list(tmp_path.iterdir()) == [file]


class TestIndex:
    def test_attestations_are_dropped_and_named(self, gzipped: Base, tmp_path: Path) -> None:
        run = ksimage(
            *BUILD, "--from", gzipped.location, "--to", "oci:out:x", "--output", "json",
            cwd=tmp_path,
        ).ok()  # fmt: skip
        raw = skopeo("--raw", f"oci:{tmp_path}/out:x")
        assert [e["platform"]["architecture"] for e in raw["manifests"]] == ["amd64", "arm64"]
        dropped = [note for note in run.document["notes"] if "attestation" in note]
        assert len(dropped) == 2

    @pytest.mark.parametrize("architecture", ["amd64", "arm64"])
    def test_every_platform_is_patched(
        self, gzipped: Base, tmp_path: Path, architecture: str
    ) -> None:
        ksimage(*BUILD, "--from", gzipped.location, "--to", "oci:out:x", cwd=tmp_path).ok()
        image = unpacked.to_layout(
            f"oci:{tmp_path}/out:x", tmp_path / "one", f"--override-arch={architecture}"
        )
        hook = tmp_path / "bundle" / "rootfs" / HOOK_PATH
        nodes = unpacked.tree(image, tmp_path / "bundle")
        assert b"quiet=True" not in hook.read_bytes()
        assert b"verbosity=ansibleVerbosity()" in hook.read_bytes()
        assert (nodes[HOOK_PATH].uid, nodes[HOOK_PATH].mode) == (1002, 0o755)
        assert unpacked.config(image)["architecture"] == architecture


class TestRegistry:
    """No engine at all: from a registry and back."""

    @pytest.fixture
    def base(self, runnable_base: Callable[[Shape], Base]) -> Base:
        return runnable_base("chown")

    def test_push_beside_the_base(
        self,
        base: Base,
        registry: RunningRegistry,
        clean_engine: Engine,
        tmp_path: Path,
    ) -> None:
        name = to_registry(base, registry, "direct")
        build = (*BUILD, "--from", f"{registry.address}/direct", "--push", "--output", "json")
        first = ksimage(*build, cwd=tmp_path).ok()
        digest = first.document["result"]["digest"]
        assert first.document["result"]["location"] == f"{name}:v3.3.2-debug"
        assert first.document["result"]["bytes_sent"] < 100_000
        assert list(tmp_path.iterdir()) == []
        shown = skopeo(f"docker://{name}:v3.3.2-debug")
        assert shown["Digest"] == digest
        assert shown["Labels"]["org.opencontainers.image.base.digest"] == base.digest
        assert skopeo(f"docker://{name}:v3.3.2")["Digest"] == base.digest

        registry.requests()
        second = ksimage(*build, cwd=tmp_path).ok()
        assert second.document["result"]["up_to_date"] is True
        assert {request.method for request in registry.requests()} <= {"GET", "HEAD"}

        clean_engine.docker("pull", f"{name}:v3.3.2-debug")
        answer = clean_engine.run(f"{name}:v3.3.2-debug", "--config", entrypoint=f"/{HOOK_PATH}")
        assert json.loads(answer)["onKubernetesEvent"]
        (image_id,) = first.document["result"]["image_ids"].values()
        shown = clean_engine.docker("inspect", "--format={{.Id}}", f"{name}:v3.3.2-debug")
        assert shown == image_id

    def test_a_foreign_tag_is_kept(
        self, base: Base, registry: RunningRegistry, tmp_path: Path
    ) -> None:
        name = to_registry(base, registry, "foreign")
        build = (*BUILD, "--from", name, "--to", f"{name}:v3.3.2")
        refused = ksimage(*build, cwd=tmp_path)
        assert refused.code == 10
        assert skopeo(f"docker://{name}:v3.3.2")["Digest"] == base.digest
        replaced = ksimage(*build, "--replace", "--output", "json", cwd=tmp_path).ok()
        assert replaced.document["result"]["kept"] == f"{name}:v3.3.2-orig"
        assert skopeo(f"docker://{name}:v3.3.2-orig")["Digest"] == base.digest
        assert skopeo(f"docker://{name}:v3.3.2")["Digest"] == replaced.document["result"]["digest"]

    def test_same_digest_from_a_registry_and_from_a_layout(
        self, registry: RunningRegistry, tmp_path: Path
    ) -> None:
        recipe = Recipe(hook=MINIATURE_HOOK.read_bytes(), architecture=ARCHITECTURE, family="oci")
        digest = layout(tmp_path / "base", recipe)
        base = Base(tmp_path / "base", digest)
        name = to_registry(base, registry, "same")
        ksimage(*BUILD, "--from", name, "--to", "oci:one:x", cwd=tmp_path).ok()
        ksimage(*BUILD, "--from", name, "--to", f"{name}:pushed", cwd=tmp_path).ok()
        (entry,) = json.loads((tmp_path / "one" / "index.json").read_text())["manifests"]
        assert skopeo(f"docker://{name}:pushed")["Digest"] == entry["digest"]
        assert ImageStore(tmp_path / "one").json(entry["digest"])["schemaVersion"] == 2
