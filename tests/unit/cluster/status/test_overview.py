"""Gathering a status: what cannot be found out is unknown, and nobody waits for it."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cluster.objects_of import HOOK, configuration, deployment, pod_object

from ksimage.cluster.kubectl import Kubectl, KubectlOptions
from ksimage.cluster.status import overview
from ksimage.derivation import labels as label
from ksimage.errors import InstallerMissing

_SCRIPT = """\
#!{python}
import json, sys
answers = json.loads({answers!r})
words = "".join(sys.argv[1:])
for kind, answer in answers.items():
    if kind in words:
        if isinstance(answer, list):
            print(*answer, sep="\t")
        else:
            sys.exit(answer) if isinstance(answer, str) else print(json.dumps(answer))
        break
"""
LINE = json.dumps({"now": 100.0, "hook": HOOK})
SEEN = [LINE, hashlib.sha256(LINE.encode()).hexdigest()]
"""What the program in the pod prints."""


def _kubectl(folder: Path, **changes: Any) -> Kubectl:
    answers = {
        "exec": "error: no python3",
        "clusterconfigurations": configuration(),
        "pods": {"items": [pod_object()]},
        "deployment": deployment(),
        **changes,
    }
    path = folder / "kubectl"
    path.write_text(_SCRIPT.format(python=sys.executable, answers=json.dumps(answers)))
    path.chmod(0o755)
    return Kubectl(KubectlOptions(program=str(path)))


def _nothing(_: object) -> Any:
    raise OSError("the registry is not asked here")


def test_a_registry_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "PATIENCE", 0.05)
    free = threading.Event()

    def hang(_: object) -> Any:
        free.wait(60)
        raise AssertionError

    found = overview.gather(_kubectl(tmp_path), hang)
    free.set()
    assert found.held is None and found.tag is None
    assert found.installer.release == "v3.3.2"


def test_a_pod_that_cannot_be_looked_into(tmp_path: Path) -> None:
    found = overview.gather(_kubectl(tmp_path), _nothing)
    assert found.seen is None and "no python3" in found.unseen
    assert found.identity is None and not found.ours and found.failed == ()


def test_no_pod_and_one_that_waits(tmp_path: Path) -> None:
    found = overview.gather(_kubectl(tmp_path, pods={"items": []}), _nothing)
    assert (found.seen, found.unseen) == (None, "there is no pod")
    waits = pod_object(waiting={"reason": "ErrImagePull", "message": "no route"})
    found = overview.gather(_kubectl(tmp_path, pods={"items": [waits]}), _nothing)
    assert found.seen is None and "no route" in found.unseen


def test_without_a_deployment(tmp_path: Path) -> None:
    missing = 'Error from server (NotFound): deployments.apps "ks-installer" not found'
    with pytest.raises(InstallerMissing):
        overview.gather(_kubectl(tmp_path, deployment=missing), _nothing)


def test_of_a_mounted_hook_the_configmap_tells_whose_it_is(tmp_path: Path) -> None:
    mounted = deployment()
    spec = mounted["spec"]["template"]["spec"]
    spec["volumes"] = [{"name": "ksimage-hook", "configMap": {"name": "ksimage-hook-1"}}]
    spec["containers"][0]["volumeMounts"] = [
        {
            "name": "ksimage-hook",
            "mountPath": "/hooks/kubesphere/installRunner.py",
            "subPath": "installRunner.py",
        }
    ]
    claims = {label.HOOK_AFTER: HOOK, label.HOOK_BEFORE: "c" * 64, label.VERSION: "1"}
    configmap = {"metadata": {"annotations": claims}}
    kubectl = _kubectl(tmp_path, exec=SEEN, deployment=mounted, configmap=configmap)
    found = overview.gather(kubectl, _nothing)
    assert found.seen is not None and found.seen.hook_sha256 == HOOK
    assert found.ours
    kubectl = _kubectl(tmp_path, exec=SEEN, deployment=mounted, configmap="gone")
    assert not overview.gather(kubectl, _nothing).ours


def test_further_installers_that_run() -> None:
    from tests.unit.cluster.objects_of import installer, pod
    from tests.unit.cluster.objects_of import status as made

    ended = pod("three", terminated={"exitCode": 0})
    found = made(installer=installer(None, None, pod("one"), pod("two"), ended))
    assert [pod.name for pod in found.second] == ["two"]
