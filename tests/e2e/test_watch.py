"""``ksimage watch`` on a real cluster: it tells the truth, whatever is cut or taken away."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from typing import Any

import pytest
from tests.cluster import manifests
from tests.support import requires
from tests.support.cluster import Images, Installation
from tests.support.program import COMMAND, environment
from tests.support.watching import documents, execs, started

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600, func_only=True)]

UPSTREAMS: manifests.Shape = "v3.3.2"
"""The Deployment of upstream's YAML, which can name an image by its digest."""


def _events_in_pod(installation: Installation) -> int:
    """How many event files there are."""
    code = (
        "import pathlib as p; print(sum(1 for f in p.Path('/kubesphere/results').glob("
        "'*/*/job_events/*.json') if 'partial' not in f.name))"
    )
    return int(installation.kubectl("exec", installation.running(), "--", "python3", "-c", code))


def test_a_whole_installation_is_seen_to_succeed(
    installation: Installation, images: Images
) -> None:
    installation.deploy(images.pristine, {"monitoring": {"seconds": 3}})
    installation.running()
    seen = installation.ksimage("watch").ok()
    assert "monitoring ok ok=" in seen.stdout
    assert "retry: Checking prometheus (try 1/5)" in seen.stdout
    assert "✓ installed in " in seen.stdout
    # Upstream's hook, as it is, waits busily.
    assert "busy wait" in seen.stdout


def test_a_failed_component_is_named_with_its_reason(
    installation: Installation, images: Images
) -> None:
    installation.deploy(images.patched, {"monitoring": {"seconds": 1, "fail": True}}, UPSTREAMS)
    installation.running()
    seen = installation.ksimage("watch", "--save", "run.jsonl.gz")
    assert seen.code == 24
    assert "✗ the installation failed" in seen.stdout
    assert "task    Deploying grafana" in seen.stdout
    assert "no route to the chart" in seen.stdout
    assert "Welcome" in seen.stdout
    assert "busy wait" not in seen.stdout
    assert f"ksimage collect -o bundle.tar.gz -n {installation.namespace}" in seen.stderr
    again = installation.ksimage("watch", "run.jsonl.gz")
    assert again.code == 24
    assert again.stdout.endswith(seen.stdout[seen.stdout.index("✗ the installation failed") :])


def test_three_cuts_lose_and_double_no_event(installation: Installation, images: Images) -> None:
    installation.deploy(images.patched, {"monitoring": {"seconds": 12}}, UPSTREAMS)
    installation.running()
    came: dict[str, list[int]] = {}
    cuts = connected = 0
    end: dict[str, Any] = {}
    with started(installation, "--output", "json") as process:
        for document in documents(process):
            if document["type"] == "event":
                run = document["run"] or document["component"]
                came.setdefault(run, []).append(document["counter"])
            if document["type"] == "connected":
                connected += 1
            if document["type"] == "live" and cuts < 3:
                cuts += 1
                for pid in execs(process.pid):
                    os.kill(pid, signal.SIGKILL)
            end = document
        assert process.wait() == 0
    assert (cuts, connected) == (3, 4)
    assert end["outcome"] == "success"
    for counters in came.values():
        assert counters == sorted(set(counters))
    assert sum(map(len, came.values())) == end["events"] <= _events_in_pod(installation)


def test_a_pod_that_is_replaced_is_another_start(
    installation: Installation, images: Images
) -> None:
    installation.deploy(images.patched, {"monitoring": {"seconds": 10}}, UPSTREAMS)
    first = installation.running()
    attempts: set[int] = set()
    end: dict[str, Any] = {}
    with started(installation, "--output", "json") as process:
        for document in documents(process):
            if document["type"] == "event":
                if not attempts:
                    now = ("--grace-period=0", "--force", "--wait=false")
                    installation.kubectl("delete", "pod", first, *now)
                attempts.add(document["attempt"])
            end = document
        assert process.wait() == 0
    assert attempts == {1, 2}
    assert (end["outcome"], end["attempts"]) == ("success", 2)


def test_a_pod_that_stays_away_is_lost(installation: Installation, images: Images) -> None:
    installation.deploy(images.patched, {"monitoring": {"seconds": 60}}, UPSTREAMS)
    installation.running()
    now = ("--grace-period=0", "--force", "--wait=false")
    with started(installation, "--patience", "5") as process:
        assert process.stdout is not None
        process.stdout.readline()
        installation.kubectl("delete", "deployment", "ks-installer", *now)
        installation.kubectl("delete", "pods", "--all", *now)
        said, complaint = process.communicate(timeout=120)
    assert process.returncode == 26
    assert "ended, state unknown" in said
    assert "gone or answers no more" in complaint


def test_without_the_right_to_exec_the_right_is_named(
    installation: Installation, images: Images
) -> None:
    installation.deploy(images.patched, None, UPSTREAMS)
    installation.running()
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
    name = installation.namespace
    subject = {"kind": "ServiceAccount", "name": "reader", "namespace": name}
    installation.apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader"}}
    )
    installation.apply(manifests.role("reader", name, rules))
    installation.apply(manifests.binding("reader", name, subject))
    folder = installation.folder
    script = folder / "kubectl-as-reader"
    kubectl = shlex.quote(requires.program("kubectl"))
    script.write_text(f'#!/bin/sh\nexec {kubectl} --as=system:serviceaccount:{name}:reader "$@"\n')
    script.chmod(0o755)
    seen = installation.ksimage("watch", "--kubectl", str(script))
    assert seen.code == 16
    assert "pods/exec" in seen.stderr


def test_leaving_disturbs_nothing(installation: Installation, images: Images) -> None:
    tmux = requires.program("tmux")
    installation.deploy(images.patched, {"monitoring": {"seconds": 15}}, UPSTREAMS)
    pod = installation.running()
    socket = str(installation.folder / "tmux")
    command = shlex.join([*COMMAND, "watch", "-n", installation.namespace])
    shell = f"{command}; echo ended with $?; sleep 60"
    env = environment({**installation.env, "TERM": "xterm-256color"})

    def terminal(*words: str) -> str:
        done = subprocess.run([tmux, "-S", socket, *words], env=env, capture_output=True, text=True)
        return done.stdout

    terminal("new-session", "-d", "-x", "80", "-y", "24", "-s", "watch", shell)
    try:
        _until(lambda: "Deploying prometheus" in terminal("capture-pane", "-p"))
        shown = terminal("capture-pane", "-p").splitlines()
        assert "✓ patched by ksimage" in shown[0]
        assert "phase 2/4" in shown[1]
        assert shown[-1].endswith("q leave")
        terminal("resize-window", "-x", "140", "-y", "40")
        _until(lambda: len(terminal("capture-pane", "-p").splitlines()) == 40)
        terminal("send-keys", "q")
        _until(lambda: "ended with 25" in terminal("capture-pane", "-p"))
        assert "the installation goes on" in terminal("capture-pane", "-p")
    finally:
        terminal("kill-server")
    _until(lambda: "follow" not in installation.kubectl("exec", pod, "--", "ps", "-ef"))
    installation.installed()


def _until(met: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.2)
