"""kk's folder and artifact, made and judged by skopeo, which has kk's own library in it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
from pathlib import Path

import pytest
from tests.support import kubekey, requires
from tests.support.derived import HOOK
from tests.support.images import Recipe, layout
from tests.support.program import ksimage
from tests.support.registry import RunningRegistry

pytestmark = pytest.mark.e2e

TAG = "v3.3.2"
OURS = "kubesphereio:ks-installer:v3.3.2"
OTHERS = ("calico:cni:v3.23.2", "kubesphere:ks-console:v3.3.2")


def skopeo(*arguments: str) -> str:
    command = [requires.program("skopeo"), "--insecure-policy", *arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def digest(folder: Path, ref: str) -> str:
    return str(json.loads(skopeo("inspect", f"oci:{folder}/images:{ref}"))["Digest"])


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


@pytest.fixture
def folder(registry: RunningRegistry, tmp_path: Path) -> Path:
    """kk's folder, filled as ``kk artifact export`` does it: from a registry's Docker images."""
    folder = tmp_path / "kubekey"
    for number, name in enumerate((OURS, *OTHERS)):
        namespace, image, tag = name.split(":")
        recipes = [
            Recipe(hook=HOOK, architecture=architecture, seed=number, padding=5000)
            for architecture in kubekey.PLATFORMS
        ]
        layout(tmp_path / image, *recipes, ref=tag)
        there = f"{registry.address}/kk/{namespace}/{image}:{tag}"
        ksimage("push", f"oci:{tmp_path / image}:{tag}", "--to", there, cwd=tmp_path).ok()
        for architecture in kubekey.PLATFORMS:
            (folder / "images").mkdir(parents=True, exist_ok=True)
            skopeo(
                "--override-os", "linux", "--override-arch", architecture,
                "copy", "--src-tls-verify=false", f"docker://{there}",
                f"oci:{folder}/images:{name}-{architecture}",
            )  # fmt: skip
    (folder / "kube").mkdir()
    (folder / "kube" / "kubelet").write_bytes(b"kubelet" * 10_000)
    return folder


def build(source: str, to: str, tmp_path: Path, *more: str) -> str:
    command = ("build", TAG, "--from", source, "--to", to, *more)
    return ksimage(*command, cwd=tmp_path).ok().reference


def others(folder: Path) -> dict[str, str]:
    names = [f"{name}-{arch}" for name in OTHERS for arch in kubekey.PLATFORMS]
    return {name: digest(folder, name) for name in names}


def test_the_folder_that_kk_will_push(
    registry: RunningRegistry, folder: Path, tmp_path: Path
) -> None:
    artifact = kubekey.artifact(folder, tmp_path / "artifact.tar.gz")
    (folder / "artifact.md5").write_text(md5(artifact))
    before, untouched = others(folder), digest(folder, f"{OURS}-amd64")
    original = (folder / "images" / "index.json").read_bytes()
    place = f"kubekey:{tmp_path}"
    refused = ksimage("build", TAG, "--from", place, "--to", place, "--tag", TAG, cwd=tmp_path)
    assert refused.code == 10
    build(place, place, tmp_path, "--tag", TAG, "--replace")

    # kk does not unpack the artifact again (artifact/tasks.go, Md5Check) and pushes what is named.
    assert (folder / "artifact.md5").read_text() == md5(artifact)
    assert others(folder) == before
    assert digest(folder, f"{OURS.replace(TAG, f'{TAG}-orig')}-amd64") == untouched
    for name in kubekey.names(folder):
        namespace, image, tag = name.split(":")
        there = f"docker://{registry.address}/pushed/{namespace}/{image}:{tag}"
        skopeo("copy", "--dest-tls-verify=false", f"oci:{folder}/images:{name}", there)
    pushed = f"{registry.address}/pushed/kubesphereio/ks-installer:{TAG}-arm64"
    found = ksimage("inspect", pushed, "--output", "json", cwd=tmp_path).ok().document
    assert found["platforms"][0]["origin"] == "ksimage"
    verified = ksimage("verify", pushed, "--base", f"{place}:{TAG}-orig-arm64", cwd=tmp_path)
    assert verified.code == 0, verified.stderr

    undone = ksimage("kubekey", "--undo", str(folder), "--output", "json", cwd=tmp_path).ok()
    assert undone.document["undo"]["restored"] == [f"{OURS}-amd64", f"{OURS}-arm64"]
    assert json.loads((folder / "images" / "index.json").read_bytes()) == json.loads(original)
    assert digest(folder, f"{OURS}-amd64") == untouched


def test_the_artifact(folder: Path, tmp_path: Path) -> None:
    before = others(folder)
    artifact = kubekey.artifact(folder, tmp_path / "artifact.tar.gz")
    files = kubekey.contents(artifact)
    build(f"kubekey:{artifact}", f"kubekey:{artifact}", tmp_path, "--tag", TAG, "--replace")
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    tar = [requires.program("tar"), "-xzf", str(artifact), "-C", str(unpacked)]
    subprocess.run(tar, check=True)
    assert others(unpacked) == before
    for architecture in kubekey.PLATFORMS:
        assert digest(unpacked, f"{OURS}-{architecture}") != digest(
            folder, f"{OURS}-{architecture}"
        )
    for name, data in files.items():
        if name != "images/index.json":
            assert (unpacked / name).read_bytes() == data
    with tarfile.open(artifact) as archive:
        names = archive.getnames()
    assert len(set(names)) == len(names)


def test_from_the_artifact_straight_into_a_registry(
    registry: RunningRegistry, folder: Path, tmp_path: Path
) -> None:
    artifact = kubekey.artifact(folder, tmp_path / "artifact.tar.gz")
    to = f"{registry.address}/straight/ks-installer"
    command = ("build", TAG, "--from", f"kubekey:{artifact}", "--target", to, "--push")
    reference = ksimage(*command, cwd=tmp_path).ok().reference
    assert reference.startswith(f"{to}:v3.3.2-debug@sha256:")
    text = skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{to}:v3.3.2-debug")
    platforms = [entry["platform"]["architecture"] for entry in json.loads(text)["manifests"]]
    assert platforms == list(kubekey.PLATFORMS)
    verified = ksimage("verify", reference, "--base", f"kubekey:{artifact}", cwd=tmp_path)
    assert verified.code == 0, verified.stderr
