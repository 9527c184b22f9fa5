#!/usr/bin/python3
"""Stands for shell-operator v1.0.0-beta.5 in the miniature's pod: `/shell-operator start`.

As the real one was seen to: ask each hook for its --config, then run the hook once for a
ClusterConfiguration that is there, and once more whenever its .spec has changed when the hook ends;
after a failure again in five seconds. As the roles of a real installer do: note in the status what
is enabled, the version at the very end, and leave KubeKey's marker. Standard library only.
"""

import json
import os
import pathlib
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any

HOOK = "/hooks/kubesphere/installRunner.py"
ACCOUNT = pathlib.Path("/var/run/secrets/kubernetes.io/serviceaccount")
RESULTS = pathlib.Path("/kubesphere/results")
MARKER = pathlib.Path("/kubesphere/playbooks/kubesphere_running")
CLUSTER = pathlib.Path("/kubesphere/cluster.json")
POLL_SECONDS = 1
RETRY_SECONDS = 5


def main() -> None:
    subprocess.run([HOOK, "--config"], check=True)
    done = ""
    while True:
        found = configuration()
        spec = json.dumps(found.get("spec"), sort_keys=True)
        if not found or spec == done:
            time.sleep(POLL_SECONDS)
            continue
        known = {"spec": found.get("spec") or {}, "status": found.get("status") or {}}
        CLUSTER.write_text(json.dumps(known), encoding="utf-8")
        if subprocess.run([HOOK], check=False).returncode:
            time.sleep(RETRY_SECONDS)
            continue
        done = spec
        note(found)


def note(found: dict[str, Any]) -> None:
    """Patch the status as the roles do, and write KubeKey's marker after result-info."""
    status: dict[str, dict[str, str]] = {}
    for name in sorted(path.name for path in RESULTS.iterdir()):
        if name not in ("env", "preinstall", "result-info", "telemetry") and ended_well(name):
            status[name] = {"status": "enabled"}
    if ended_well("result-info"):
        version = found["metadata"].get("labels", {}).get("version", "")
        status["core"] = {"status": "enabled", "version": version}
        MARKER.write_text("Welcome to the miniature\n", encoding="utf-8")
    patch = json.dumps({"status": status}).encode()
    request("PATCH", patch, {"Content-Type": "application/merge-patch+json"})


def ended_well(name: str) -> bool:
    return any(path.read_text().strip() == "0" for path in (RESULTS / name).glob("*/rc"))


def configuration() -> dict[str, Any]:
    """The ClusterConfiguration, or nothing when it is not there or cannot be read now."""
    try:
        return request("GET")
    except (OSError, ValueError) as error:
        if getattr(error, "code", 0) != 404:
            print(f"shell-operator: {error}", file=sys.stderr, flush=True)
        return {}


def request(
    method: str, data: bytes | None = None, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    token, namespace = ((ACCOUNT / name).read_text() for name in ("token", "namespace"))
    headers = {"Authorization": f"Bearer {token}", **(headers or {})}
    host = f"{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
    url = (
        f"https://{host}/apis/installer.kubesphere.io/v1alpha1/namespaces/{namespace}"
        "/clusterconfigurations/ks-installer"
    )
    asked = urllib.request.Request(url, data, headers, method=method)
    context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    with urllib.request.urlopen(asked, timeout=10, context=context) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


if __name__ == "__main__":
    main()
