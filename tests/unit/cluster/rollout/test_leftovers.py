"""What outlives kk's apply is found; what is somebody else's is not touched."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.cluster.objects_of import deployment, installer

from ksimage.cluster.rollout import leftovers

HOOK = "/hooks/kubesphere/installRunner.py"


def with_mount(path: str, volume: dict[str, Any], name: str = "v") -> leftovers.Leftovers:
    made = deployment()
    pod = made["spec"]["template"]["spec"]
    pod["volumes"].append({"name": name, **volume})
    pod["containers"][0]["volumeMounts"].append({"name": name, "mountPath": path})
    return leftovers.find(made, installer(made).container)


def test_kubekeys_own_deployment_has_none() -> None:
    made = deployment()
    found = leftovers.find(made, installer(made).container)
    assert not found
    assert not found.foreign


def test_our_mount_its_volume_and_the_environment() -> None:
    found = with_mount(HOOK, {"configMap": {"name": "ksimage-hook-0123"}})
    assert str(found) == f"mount {HOOK}, volume v"
    assert not found.foreign
    assert leftovers.configmap_name(found) == "ksimage-hook-0123"

    made = deployment()
    made["spec"]["template"]["spec"]["containers"][0]["env"] = [
        {"name": "KS_INSTALLER_VERBOSITY", "value": "4"},
        {"name": "HTTP_PROXY", "value": "http://proxy"},
    ]
    made["spec"]["template"]["metadata"]["annotations"] = {"io.ksimage.hook.after": "x", "y": "z"}
    found = leftovers.find(made, installer(made).container)
    assert str(found) == "env KS_INSTALLER_VERBOSITY, annotation io.ksimage.hook.after"


@pytest.mark.parametrize("path", [HOOK, "/hooks", "/hooks/kubesphere/"])
def test_a_strangers_mount_that_hides_the_hook_is_named(path: str) -> None:
    found = with_mount(path, {"hostPath": {"path": "/root/hooks"}})
    assert not found.mounts
    assert len(found.foreign) == 1
    assert "from the volume v" in found.foreign[0]


@pytest.mark.parametrize(
    "path", ["/etc/localtime", "/hooks/other", "/hooksX", "/hooks/kubesphere/x"]
)
def test_other_mounts_are_nobodys_business(path: str) -> None:
    found = with_mount(path, {"emptyDir": {}})
    assert not found
    assert not found.foreign


def test_as_a_document_and_back() -> None:
    found = with_mount(HOOK, {"configMap": {"name": "ksimage-hook-0123"}})
    assert leftovers.from_document(leftovers.document(found)) == found
