"""Where in kk's source each rule was read: file and function, for every version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ksimage.upstream.kubekey.versions import KkVersion

# fact, first version, path below the packages' folder, function or variable; oldest first
_TABLE: Final = """\
label 1.0.0 config/parse.go ParseCfg
label 2.0.0 common/loader.go Load
suffix 1.0.0 config/parse.go ParseCfg
suffix 2.0.0 version/kubesphere/version_enum.go DevRelease
image 1.0.0 kubesphere/manifests.go GenerateKubeSphereYaml
image 2.0.0 kubesphere/modules.go MirrorRepo
policy 1.0.0 kubesphere/manifests.go KubeSphereTempl
policy 2.0.0 version/kubesphere/templates/installer.go KsInstaller
push 1.0.0 images/images.go PullImages
push 2.0.0 images/tasks.go PushImage
push 2.1.0 images/tasks.go CopyImagesToRegistry
flags 1.0.0 install/install.go CreateCluster
flags 1.1.0 cluster/install/install.go CreateCluster
flags 2.0.0 pipelines/create_cluster.go NewCreateClusterPipeline
upgrade 1.0.0 upgrade/precheck.go getClusterInfo
upgrade 1.1.0 cluster/upgrade/precheck.go getClusterInfo
upgrade 2.0.0 bootstrap/precheck/tasks.go KsVersionCheck
edits 1.0.0 kubesphere/kubesphere.go DeployKubeSphereStep
edits 2.0.0 kubesphere/tasks.go Setup
wait 1.0.0 kubesphere/kubesphere.go CheckKubeSphereStatus
wait 2.0.0 kubesphere/tasks.go CheckKubeSphereStatus
"""
_ROWS: Final = [row.split() for row in _TABLE.splitlines()]

FACTS: Final = tuple(dict.fromkeys(row[0] for row in _ROWS))


def place(fact: str, version: KkVersion) -> tuple[str, str]:
    """Path in the repository of that version, and the function or variable there."""
    path, name = next(
        (path, name)
        for known, first, path, name in reversed(_ROWS)
        if known == fact and tuple(map(int, first.split("."))) <= version.numbers
    )
    return f"{'cmd/kk/pkg' if version.major >= 3 else 'pkg'}/{path}", name


def cite(fact: str, version: KkVersion) -> str:
    """``kubekey v3.0.13 cmd/kk/pkg/kubesphere/modules.go MirrorRepo``."""
    path, name = place(fact, version)
    return f"kubekey {version} {path} {name}"
