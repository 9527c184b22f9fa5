"""KubeKey: its configuration, its versions, its folder of images."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.advice.situation import Words, program, situation
from tests.support import kubekey
from tests.support.program import REPOSITORY

CONFIGS = REPOSITORY / "tests" / "unit" / "upstream" / "kubekey" / "configs"
IMAGE = "harbor.lan/kubesphereio/ks-installer:v3.3.2-debug"
KK = ("--kk-version", "v3.0.13")


def config(folder: Path) -> Words:
    shutil.copy(CONFIGS / "harbor-airgap.yaml", folder / "config.yaml")
    return ("kubekey", "config.yaml")


@situation("kubekey-binary-failed")
def binary_is_missing(folder: Path) -> Words:
    return (*config(folder), "--kk", "./kk")


@situation("kubekey-config-broken", "kk would refuse it")
def no_configuration(folder: Path) -> Words:
    config(folder)
    (folder / "config.yaml").write_text("a: [\n")
    return ("kubekey", "config.yaml", *KK)


@situation("kubekey-config-not-editable")
def alias_in_its_place(folder: Path) -> Words:
    words = config(folder)
    path = folder / "config.yaml"
    text = path.read_text()
    path.write_text(text.replace("  version: v3.3.2", "  version: &v v3.3.2"))
    return (*words, *KK, "--image", IMAGE)


@situation(
    "kubekey-images-not-found",
    places={"kubekey:./kubekey": "kubekey:./kk"},
)
def another_folder(folder: Path) -> Words:
    kubekey.folder(folder / "kk")
    kubekey.artifact(folder / "kk", folder / "artifact.tar.gz")
    (folder / "empty").mkdir()
    return ("build", "v3.3.2", "--from", "kubekey:empty", "--to", "oci:out")


@situation("kubekey-nothing-to-undo")
def nothing_replaced(folder: Path) -> Words:
    kubekey.folder(folder / "kk")
    return ("kubekey", "--undo", "kk")


@situation("kubekey-version-needed", places={"PATH": "./kk"})
def which_kk(folder: Path) -> Words:
    program(folder, "kk", "echo 'kk version: &version.Info{GitVersion:\"v2.3.0\"}'")
    return config(folder)


@situation("kubekey-version-unknown", "what a binary is: kk")
def no_version(folder: Path) -> Words:
    return (*config(folder), "--kk-version", "banana")


@situation("kubekey-without-installer", "use the kk that came with the artifact")
def kk_4(folder: Path) -> Words:
    return (*config(folder), "--kk-version", "v4.0.1")
