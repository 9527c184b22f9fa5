"""Every step stands on its own. A stand-in for kubectl says what a cluster in trouble says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ksimage.bundle.material import Material
from ksimage.cluster.files.collection import Collection, Limits
from ksimage.cluster.kubectl import Kubectl, KubectlOptions

POD = {
    "metadata": {
        "name": "ks-installer-1",
        "uid": "u",
        "creationTimestamp": "2026-11-22T08:00:00Z",
        "managedFields": [{"manager": "x"}],
    },
    "spec": {"containers": [{"name": "installer", "image": "ks-installer:v3.3.2"}]},
    "status": {
        "containerStatuses": [
            {
                "name": "installer",
                "restartCount": 1,
                "imageID": "h/ks-installer@sha256:00",
                "state": {"running": {"startedAt": "2026-11-22T08:00:01Z"}},
            }
        ]
    },
}
ANSWERS: dict[str, Any] = {
    "get deployment.apps": {"kind": "Deployment"},
    "get clusterconfigurations": {"kind": "ClusterConfiguration", "spec": {}},
    "get nodes": {"items": [{"metadata": {"name": "n1"}, "status": {"nodeInfo": {"a": "b"}}}]},
    "get secrets": {"items": [{"kind": "Secret", "data": {"x": "aHVudGVyMnh5eg=="}}]},
    "get namespaces": {
        "items": [{"metadata": {"name": n}} for n in ("kubesphere-system", "argocd", "default")]
    },
    "get pods": {"items": [POD]},
    "get events": {"items": []},
    "version": {
        "clientVersion": {"gitVersion": "v1.27.0"},
        "serverVersion": {"gitVersion": "v1.20.2"},
    },
}

KUBECTL = """\
#!{python}
import json, os, subprocess, sys, time
words = [word for word in sys.argv[1:] if not word.startswith("--")]
line = " ".join(sys.argv[1:])
if "logs" in words:
    line = "logs"
    time.sleep({log_delay})
    print("previous" if "--previous" in sys.argv else "log", "of", words[1])
    sys.exit(0)
if "exec" in words:
    at = sys.argv.index("--")
    sys.exit(subprocess.call(sys.argv[at + 1:]) if {exec} else 1)
for begin, answer in json.loads({answers!r}).items():
    if " ".join(words).startswith(begin):
        if answer is None:
            sys.stderr.write("Error from server (Forbidden): cannot list resource\\n")
            sys.exit(1)
        if answer == "hang":
            time.sleep(60)
        if answer == "cut":
            print('{{"items": [')
            sys.exit(0)
        print(json.dumps(answer))
        sys.exit(0)
sys.stderr.write("Error from server (NotFound): " + line + "\\n")
sys.exit(1)
"""


def _collect(
    tmp_path: Path,
    answers: dict[str, Any],
    *,
    execs: bool = True,
    log_delay: float = 0,
    pod: str = "",
    patience: float = 30,
) -> tuple[dict[str, bytes], dict[str, str], list[dict[str, Any]]]:
    program = tmp_path / "kubectl"
    program.write_text(
        KUBECTL.format(
            python=sys.executable, answers=json.dumps(answers), exec=execs, log_delay=log_delay
        )
    )
    program.chmod(0o755)
    kubectl = Kubectl(KubectlOptions(program=str(program), timeout=patience / 2))
    taught: list[dict[str, Any]] = []
    with Material() as material:
        limits = Limits(size=1 << 20, tail=10, seconds=patience)
        Collection(kubectl, material, limits, lambda _: None, taught.append).run(pod)
        files = {part.path: b"".join(part.pieces) for part in material.parts()}
        return files, dict(material.missing()), taught


def test_everything_is_gathered(tmp_path: Path) -> None:
    files, missing, taught = _collect(tmp_path, ANSWERS)

    assert missing == {}
    assert set(files) == {
        "cluster/argocd/events.json",
        "cluster/argocd/pods.json",
        "cluster/clusterconfiguration.json",
        "cluster/deployment.json",
        "cluster/image.json",
        "cluster/kubesphere-system/events.json",
        "cluster/kubesphere-system/pods.json",
        "cluster/nodes.json",
        "cluster/version.json",
        "logs/ks-installer-1.log",
        "logs/ks-installer-1.previous.log",
    }
    assert files["logs/ks-installer-1.previous.log"] == b"previous of ks-installer-1\n"
    assert b"managedFields" not in files["cluster/kubesphere-system/pods.json"]
    image = json.loads(files["cluster/image.json"])
    assert image["imageID"] == "h/ks-installer@sha256:00"
    assert image["hook"]["whose"].startswith("unknown")
    assert taught == [ANSWERS["get secrets"]]


@pytest.mark.parametrize("answer", [None, "cut", "hang"])
def test_one_dead_step_costs_that_step_only(tmp_path: Path, answer: str | None) -> None:
    files, missing, _ = _collect(tmp_path, {**ANSWERS, "get nodes": answer}, patience=5)
    assert "cluster/nodes.json" not in files
    assert len(files) == 10
    assert [*missing] == ["cluster/nodes.json"]


def test_a_pod_without_exec_gives_the_rest(tmp_path: Path) -> None:
    files, missing, _ = _collect(tmp_path, ANSWERS, execs=False)
    assert [*missing] == ["results"]
    assert "logs/ks-installer-1.log" in files
    assert "cluster/image.json" in files


def test_logs_that_do_not_come_are_missing(tmp_path: Path) -> None:
    _, missing, _ = _collect(tmp_path, ANSWERS, log_delay=60, patience=5)
    assert set(missing) == {"logs/ks-installer-1.log", "logs/ks-installer-1.previous.log"}


def test_forbidden_secrets_are_no_gap(tmp_path: Path) -> None:
    _, missing, taught = _collect(tmp_path, {**ANSWERS, "get secrets": None})
    assert missing == {}
    assert taught == []


def test_without_a_list_of_namespaces_the_own_one_is_read(tmp_path: Path) -> None:
    files, missing, _ = _collect(tmp_path, {**ANSWERS, "get namespaces": None})
    assert "cluster/kubesphere-system/pods.json" in files
    assert [*missing] == ["list of namespaces"]


def test_no_cluster_at_all(tmp_path: Path) -> None:
    files, missing, _ = _collect(tmp_path, {})
    assert files == {}
    assert {"results", "the installer's pods", "cluster/version.json"} <= set(missing)


def test_a_pod_of_another_name_is_said_to_be_none(tmp_path: Path) -> None:
    _, missing, _ = _collect(tmp_path, ANSWERS, pod="other")
    assert missing["pod other"] == "no pod of an installer has this name"
