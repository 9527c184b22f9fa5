"""Where in kk's source each rule was read: file and function, for every version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ksimage.upstream.kubekey.versions import KkVersion

# Fact -> ((first version, path below the packages' folder, function or variable), …), oldest first.
_PLACES: Final[dict[str, tuple[tuple[tuple[int, int, int], str, str], ...]]] = {
    "label": (
        ((1, 0, 0), "config/parse.go", "ParseCfg"),
        ((2, 0, 0), "common/loader.go", "Load"),
    ),
    "suffix": (
        ((1, 0, 0), "config/parse.go", "ParseCfg"),
        ((2, 0, 0), "version/kubesphere/version_enum.go", "DevRelease"),
    ),
    "image": (
        ((1, 0, 0), "kubesphere/manifests.go", "GenerateKubeSphereYaml"),
        ((2, 0, 0), "kubesphere/modules.go", "MirrorRepo"),
    ),
    "policy": (
        ((1, 0, 0), "kubesphere/manifests.go", "KubeSphereTempl"),
        ((2, 0, 0), "version/kubesphere/templates/installer.go", "KsInstaller"),
    ),
    "push": (
        ((1, 0, 0), "images/images.go", "PullImages"),
        ((2, 0, 0), "images/tasks.go", "PushImage"),
        ((2, 1, 0), "images/tasks.go", "CopyImagesToRegistry"),
    ),
    "flags": (
        ((1, 0, 0), "install/install.go", "CreateCluster"),
        ((1, 1, 0), "cluster/install/install.go", "CreateCluster"),
        ((2, 0, 0), "pipelines/create_cluster.go", "NewCreateClusterPipeline"),
    ),
    "upgrade": (
        ((1, 0, 0), "upgrade/precheck.go", "getClusterInfo"),
        ((1, 1, 0), "cluster/upgrade/precheck.go", "getClusterInfo"),
        ((2, 0, 0), "bootstrap/precheck/tasks.go", "KsVersionCheck"),
    ),
    "edits": (
        ((1, 0, 0), "kubesphere/kubesphere.go", "DeployKubeSphereStep"),
        ((2, 0, 0), "kubesphere/tasks.go", "Setup"),
    ),
    "wait": (
        ((1, 0, 0), "kubesphere/kubesphere.go", "CheckKubeSphereStatus"),
        ((2, 0, 0), "kubesphere/tasks.go", "CheckKubeSphereStatus"),
    ),
}

FACTS: Final = tuple(_PLACES)


def place(fact: str, version: KkVersion) -> tuple[str, str]:
    """Path in the repository of that version, and the function or variable there."""
    _, path, name = next(found for found in reversed(_PLACES[fact]) if found[0] <= version.numbers)
    return f"{'cmd/kk/pkg' if version.major >= 3 else 'pkg'}/{path}", name


def cite(fact: str, version: KkVersion) -> str:
    """``kubekey v3.0.13 cmd/kk/pkg/kubesphere/modules.go MirrorRepo``."""
    path, name = place(fact, version)
    return f"kubekey {version} {path} {name}"
