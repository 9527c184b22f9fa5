"""Finding the installer, by a kubectl that answers from a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cluster.objects_of import (
    IMAGE,
    configuration,
    deployment,
    installer,
    pod,
    pod_object,
)

from ksimage.cluster import installer as installers
from ksimage.cluster.kubectl import Kubectl, KubectlOptions
from ksimage.errors import ClusterForbidden, InstallerMissing

_SCRIPT = """\
#!{python}
import json, sys
answers = json.loads({answers!r})
words = "".join(sys.argv[1:])
for kind, answer in answers.items():
    if kind in words:
        sys.exit(answer) if isinstance(answer, str) else print(json.dumps(answer))
        break
"""
MISSING = 'Error from server (NotFound): deployments.apps "ks-installer" not found'


def _kubectl(folder: Path, **answers: Any) -> Kubectl:
    path = folder / "kubectl"
    path.write_text(_SCRIPT.format(python=sys.executable, answers=json.dumps(answers)))
    path.chmod(0o755)
    return Kubectl(KubectlOptions(program=str(path)))


def _going(name: str) -> dict[str, Any]:
    made = pod_object(name)
    made["metadata"]["deletionTimestamp"] = "2026-01-02T03:05:00Z"
    made["metadata"]["creationTimestamp"] = "2026-01-02T03:09:00Z"
    return made


def test_everything_is_found_and_the_newest_pod_that_stays_comes_first(tmp_path: Path) -> None:
    old = pod_object("old")
    old["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    kubectl = _kubectl(
        tmp_path,
        pods={"items": [_going("going"), old, pod_object("new")]},
        clusterconfigurations=configuration(),
        deployment=deployment(),
    )
    found = installers.find(kubectl)
    assert [pod.name for pod in found.pods] == ["new", "old", "going"]
    assert found.pod is not None and found.pod.name == "new"
    assert (found.image, found.release) == (IMAGE, "v3.3.2")


def test_without_a_deployment(tmp_path: Path) -> None:
    kubectl = _kubectl(
        tmp_path, pods={"items": []}, clusterconfigurations=MISSING, deployment=MISSING
    )
    found = installers.look(kubectl)
    assert found.pod is None and found.image == found.release == ""
    with pytest.raises(InstallerMissing):
        installers.find(kubectl)


def test_what_may_not_be_read_is_no_absence(tmp_path: Path) -> None:
    forbidden = (
        'Error from server (Forbidden): deployments.apps "ks-installer" is forbidden: User "x"'
        ' cannot get resource "deployments" in API group "apps" in the namespace "n"'
    )
    kubectl = _kubectl(
        tmp_path, pods={"items": []}, clusterconfigurations=configuration(), deployment=forbidden
    )
    with pytest.raises(ClusterForbidden):
        installers.look(kubectl)


def test_one_on_its_way_out_does_not_matter() -> None:
    going = pod()._replace(deleting=True)
    assert installer(None, None, going).pod is None


def test_who_made_it() -> None:
    assert installer(deployment(shape="kk-3.0.13")).by_kubekey
    upstream = deployment()
    for labels in (upstream["metadata"], upstream["spec"]["template"]["metadata"]):
        labels.get("labels", {}).pop("version", None)
    assert not installer(upstream).by_kubekey
