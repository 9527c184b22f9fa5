"""``ksimage kubekey``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.support import kubekey
from tests.support.harbor import ADMIN, ADMIN_PASSWORD, FakeHarbor
from tests.support.program import REPOSITORY, Finished
from tests.support.registry import RunningRegistry, docker_config
from tests.unit.cli.conftest import Run

CONFIGS = Path(__file__).parents[2] / "upstream" / "kubekey" / "configs"
IMAGE = "harbor.lan/kubesphereio/ks-installer:v3.3.2-debug"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copy(CONFIGS / "harbor-airgap.yaml", tmp_path / "config.yaml"))


def test_answers(run: Run, config: Path) -> None:
    done = run("kubekey", "config.yaml", "--kk-version", "v3.0.13").ok()
    lines = done.stdout.splitlines()
    assert lines[0] == "kk v3.0.13 with config.yaml"
    assert "image      dockerhub.kubekey.local/kubesphereio/ks-installer:v3.3.2" in lines
    assert "  kk create cluster -f config.yaml -a ARTIFACT" in lines
    assert "warning: nodes that ran v3.3.2 before keep that image" in done.stderr
    assert "Example" not in done.stdout + done.stderr
    more = run("kubekey", "config.yaml", "--kk-version", "v3.0.13", "-v").ok().stdout
    assert "(kubekey v3.0.13 cmd/kk/pkg/kubesphere/modules.go MirrorRepo)" in more


def test_the_example_in_the_docs(run: Run, config: Path, tmp_path: Path) -> None:
    config.rename(tmp_path / "config-sample.yaml")
    done = run("kubekey", "config-sample.yaml", "--kk-version", "v3.0.13").ok()
    printed = done.stderr + done.stdout.partition("\n\na new cluster")[0]
    page = (REPOSITORY / "docs" / "kubekey.md").read_text()
    example = page.partition("--kk-version v3.0.13\n")[2].partition("\n```")[0]
    assert example == printed


def test_json(run: Run, config: Path) -> None:
    command = ("kubekey", "config.yaml", "--kk-version", "3.1", "--output", "json")
    found = run(*command).ok().document["kubekey"]
    assert found["kk_version"] == "v3.1.12"
    assert found["image"] == "dockerhub.kubekey.local/kubesphereio/ks-installer:v3.3.2"
    assert found["pull_policy"] == "IfNotPresent"
    assert found["push"]["skipped_by"] == "--skip-push-images"
    assert found["upgrade"]["to"] == ["v3.4.0", "v3.4.1"]
    assert [way["key"] for way in found["ways"]] == [
        "fresh", "same-tag", "waiting", "again", "no-kk",
    ]  # fmt: skip


def test_a_binary_is_asked(run: Run, config: Path, tmp_path: Path) -> None:
    kk = tmp_path / "kk"
    kk.write_text("#!/bin/sh\necho 'kk version: &version.Info{GitVersion:\"v2.3.0\"}'\n")
    kk.chmod(0o755)
    assert "kk v2.3.0 with" in run("kubekey", "config.yaml", "--kk", "./kk").ok().stdout
    assert run("kubekey", "config.yaml", "--kk", "./kk", "--kk-version", "3.1").code == 2
    assert run("kubekey", "config.yaml", "--kk", "./nothing").code == 19


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["config.yaml"], 19, "--kk-version v3.0.13"),
        (["config.yaml", "--kk-version", "4.0.1"], 19, "has no ks-installer"),
        (["config.yaml", "--kk-version", "banana"], 19, "is no version of kk"),
        (["none.yaml", "--kk-version", "3.1"], 14, "cannot read none.yaml"),
        ([], 2, "which configuration?"),
        (["config.yaml", "--kk-version", "3.1", "--write"], 2, "--write needs something"),
        (["config.yaml", "--undo", "."], 2, "--undo stands alone"),
        (["config.yaml", "--kk-version", "3.1", "--verbosity", "9"], 2, "--verbosity"),
        (["config.yaml", "--kk-version", "3.1", "--image", "a b"], 2, "not an image reference"),
        (["config.yaml", "--kk-version", "2.2", "--image", IMAGE], 19, "it knows v2.1.1 to v3.3.0"),
        (["--undo", "."], 19, "holds no images of KubeKey"),
    ],
)
def test_refusals(run: Run, config: Path, arguments: list[str], code: int, words: str) -> None:
    done = run("kubekey", *arguments)
    assert done.code == code, done.stderr
    assert words in done.stderr
    assert done.stdout == ""


class TestAskingTheRegistry:
    def ask(self, run: Run, config: Path, host: str, *more: str) -> Finished:
        text = config.read_text().replace('"dockerhub.kubekey.local"', host)
        config.write_text(text)
        command = ("kubekey", "config.yaml", "--kk-version", "3.0.13", "--ask-registry")
        return run(*command, *more).ok()

    @pytest.mark.parametrize("there", [True, False])
    def test_a_harbor(
        self,
        run: Run,
        config: Path,
        harbor: FakeHarbor,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        there: bool,
    ) -> None:
        login = docker_config(tmp_path / "docker", harbor.address, ADMIN, ADMIN_PASSWORD)
        monkeypatch.setenv("DOCKER_CONFIG", str(login))
        if not there:
            del harbor.projects["kubesphereio"]
        done = self.ask(run, config, harbor.address, "--output", "json")
        assert done.document["kubekey"]["registry"] == {
            "harbor": True, "projects": {"kubesphereio": there}, "digest": None,
        }  # fmt: skip
        assert ("the project kubesphereio is missing" in done.stderr) == (not there)

    def test_a_plain_registry(
        self, run: Run, config: Path, registry: RunningRegistry, base: str
    ) -> None:
        name = f"{registry.address}/kubesphereio/ks-installer:v3.3.2"
        run("push", base, "--to", name).ok()
        done = self.ask(run, config, registry.address)
        assert "registry   it is no Harbor and has no projects; v3.3.2 is" in done.stdout
        assert "sha256:" in done.stdout

    def test_nobody_answers(self, run: Run, config: Path) -> None:
        done = self.ask(run, config, "127.0.0.1:9")
        assert "v3.3.2 is not there, or not shown to this login" in " ".join(done.stdout.split())

    def test_nothing_to_ask(self, run: Run, tmp_path: Path) -> None:
        shutil.copy(CONFIGS / "kubernetes-only.yaml", tmp_path / "config.yaml")
        command = ("kubekey", "config.yaml", "--kk-version", "3.0.13", "--ask-registry")
        assert "deploys nothing from a registry of yours" in run(*command).ok().stderr


class TestWriting:
    def write(self, run: Run, *more: str) -> str:
        command = (
            "kubekey",
            "config.yaml",
            "--kk-version",
            "3.1",
            "--image",
            f"{IMAGE}@sha256:{'a' * 64}",
        )
        return run(*command, "--verbosity", "3", *more).ok().stderr

    def test_shown_before_it_is_written(self, run: Run, config: Path) -> None:
        before = config.read_bytes()
        shown = self.write(run)
        assert "-    version: v3.3.2\n+    version: v3.3.2-debug\n" in shown
        assert "not written: add --write" in shown
        assert config.read_bytes() == before

    def test_written(self, run: Run, config: Path, tmp_path: Path) -> None:
        before = config.read_bytes()
        config.chmod(0o600)
        assert "what it held is" in self.write(run, "--write")
        assert (tmp_path / "config.yaml.orig").read_bytes() == before
        assert config.stat().st_mode & 0o777 == 0o600
        text = config.read_text()
        assert '    privateRegistry: "harbor.lan"\n' in text
        assert "    version: v3.3.2-debug\n" in text
        assert "  debug:\n    verbosity: 3\n" in text
        assert "password" not in self.write(run)
        assert "says so already" in self.write(run, "--write")
        assert not (tmp_path / "config.yaml.orig.1").exists()

    def test_the_answers_are_those_of_the_new_file(self, run: Run, config: Path) -> None:
        command = ("kubekey", "config.yaml", "--kk-version", "3.1", "--image", IMAGE)
        assert f"image      {IMAGE}" in run(*command).ok().stdout

    def test_a_folder_that_nobody_may_write(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "config.yaml").symlink_to("/dev/full")
        assert (
            run("kubekey", "config.yaml", "--kk-version", "3.1", "--write", "--verbosity", "1").code
            != 0
        )


class TestArtifact:
    def test_its_namespace(self, run: Run, config: Path, tmp_path: Path) -> None:
        folder = kubekey.folder(tmp_path / "kubekey", full_names=True)
        command = ("kubekey", "config.yaml", "--kk-version", "3.1", "--output", "json")
        found = run(*command, "--artifact", str(folder)).ok().document["kubekey"]
        assert found["push"]["to"] == "dockerhub.kubekey.local/kubesphereio/ks-installer"
        old = ("kubekey", "config.yaml", "--kk-version", "3.0.13", "--artifact", str(folder))
        assert "the artifact was made by kk v3.1.2 or later" in run(*old).ok().stderr

    def test_the_file_itself(self, run: Run, config: Path, tmp_path: Path) -> None:
        folder = kubekey.folder(tmp_path / "kubekey")
        kubekey.artifact(folder, tmp_path / "art.tar.gz")
        command = ("kubekey", "config.yaml", "--kk-version", "3.1", "--artifact", "art.tar.gz")
        done = run(*command).ok()
        assert "the artifact was made by kk v3.1.1 or earlier" in done.stderr
        assert "--from kubekey:art.tar.gz --push" in done.stdout

    def test_what_to_type_after_a_build(self, run: Run, tmp_path: Path) -> None:
        folder = kubekey.folder(tmp_path / "kubekey")
        kubekey.artifact(folder, tmp_path / "my art.tar.gz")
        build = ("build", "v3.3.2", "--from", "kubekey:my art.tar.gz", "--to")
        told = run(*build, "kubekey:new art.tar.gz").ok().stderr
        assert "--image REGISTRY/PROJECT/ks-installer:v3.3.2-debug\n" in told
        assert "kk create cluster -f CONFIG -a 'new art.tar.gz'\n" in told
        assert (
            "kk create cluster -f CONFIG -a ARTIFACT\n"
            in run("build", "v3.3.2", "--from", "kubekey:kubekey", "--to", "kubekey:kubekey")
            .ok()
            .stderr
        )

    def test_undo(self, run: Run, tmp_path: Path) -> None:
        folder = kubekey.folder(tmp_path / "kubekey")
        before = (folder / "images" / "index.json").read_bytes()
        assert run("kubekey", "--undo", "kubekey").code == 19
        build = ("build", "v3.3.2", "--from", "kubekey:kubekey", "--to", "kubekey:kubekey")
        run(*build, "--tag", "v3.3.2", "--replace").ok()
        done = run("kubekey", "--undo", "kubekey").ok()
        assert done.stdout.splitlines() == [
            "kubesphereio:ks-installer:v3.3.2-amd64", "kubesphereio:ks-installer:v3.3.2-arm64",
        ]  # fmt: skip
        assert (folder / "images" / "index.json").read_bytes() == before


def test_nothing_of_a_hostile_file_reaches_the_terminal_raw(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(
        'kind: Cluster\nspec: {registry: {privateRegistry: "a\\e[2Jb\\u202e"}}\n---\n'
        "kind: ClusterConfiguration\nmetadata: {labels: {version: v3.3.2}}\n"
        "spec:\n  timezone: \x85x\n"
    )
    done = run("kubekey", "c.yaml", "--kk-version", "3.1")
    assert "\x1b" not in done.stdout + done.stderr
    assert "\u202e" not in done.stdout + done.stderr
