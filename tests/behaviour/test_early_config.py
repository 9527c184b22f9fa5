"""early-config: when it publishes, that it fails soft, and whom it restarts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.behaviour.hooks import DEFAULTS, in_process, patched, pristine
from tests.behaviour.installation import Installation

if TYPE_CHECKING:
    from pathlib import Path

HOOK = in_process(patched(pristine(), ["early-config"]))
COMMAND = (
    "kubectl -n kubesphere-system rollout restart "
    "deployment/ks-apiserver deployment/ks-controller-manager"
)
RESTARTS = """- name: ks-upgrade | Restarting ks-apiserver
  shell: "{{ bin_dir }}/kubectl -n kubesphere-system rollout restart deployment ks-apiserver"
"""


class Early:
    """A component whose playbook ends at once, counted."""

    started = 0
    rc = 0

    def __init__(self, **arguments: Any) -> None:
        assert arguments["ident"] == "ks-config-early"
        assert arguments["quiet"] is False

    def installRunner(self) -> Early:  # noqa: N802 - the hook's name
        Early.started += 1
        return self


@pytest.fixture
def early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    Early.started = 0
    monkeypatch.setattr(HOOK, "component", Early)
    monkeypatch.setattr(HOOK, "earlyConfig", {"published": False})
    monkeypatch.setattr(HOOK, "statusFile", str(tmp_path / "status"))
    monkeypatch.setattr(HOOK, "configFile", str(tmp_path / "config"))
    (tmp_path / "config").write_text('{"multicluster": {"clusterRole": "none"}}')
    return tmp_path


@pytest.mark.parametrize(
    ("status", "spec", "published"),
    [
        ({"enabledComponents": []}, {}, True),
        (None, {}, True),
        ({"clusterId": "x"}, {"multicluster": {"clusterRole": "member"}}, True),
        ({}, {"multicluster": None}, True),
        ({"core": {"status": "enabled", "version": "v3.3.2"}}, {}, False),
        ({"core": {"status": "enabled"}}, {}, False),
        ({"core": None}, {}, False),
        ({}, {"multicluster": {"clusterRole": "host"}}, False),
        ({}, {"multicluster": "what"}, False),
        ({}, [], False),
        (3, {}, False),
    ],
)
def test_only_a_fresh_installation(status: Any, spec: Any, published: bool, early: Path) -> None:
    (early / "status").write_text(json.dumps({"status": status}))
    (early / "config").write_text(json.dumps(spec))
    HOOK.publishEarlyConfig()
    assert Early.started == published
    assert HOOK.earlyConfig["published"] is published


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"status": {'])
def test_not_when_the_status_is_unknown(text: str | None, early: Path) -> None:
    if text is not None:
        (early / "status").write_text(text)
    HOOK.publishEarlyConfig()
    assert Early.started == 0


@pytest.mark.parametrize(
    ("role", "restarts"),
    [(RESTARTS, False), ("# " + RESTARTS.replace("\n", "\n# "), True), ("", True), (None, True)],
)
def test_restarts_what_the_role_does_not(
    role: str | None,
    restarts: bool,
    early: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tasks = early / "roles" / "ks-core" / "config" / "tasks"
    tasks.mkdir(parents=True)
    if role is not None:
        (tasks / "ks-restart.yaml").write_text(role)
    monkeypatch.setenv("ANSIBLE_ROLES_PATH", str(early / "roles"))
    kubectl = early / "bin" / "kubectl"
    kubectl.parent.mkdir()
    kubectl.write_text(f'#!/bin/sh\necho kubectl "$@" >> {early}/called\n')
    kubectl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{kubectl.parent}:/usr/bin:/bin")

    HOOK.restartAfterEarlyConfig()
    assert not (early / "called").exists(), "nothing was published early"
    HOOK.earlyConfig["published"] = True
    HOOK.restartAfterEarlyConfig()
    assert (early / "called").exists() is restarts
    if restarts:
        assert (early / "called").read_text().strip() == COMMAND
        assert capsys.readouterr().out == f"Done: {COMMAND}\n"
    kubectl.unlink()
    HOOK.restartAfterEarlyConfig()
    assert ("Failed, do it by hand" in capsys.readouterr().out) is restarts


@pytest.mark.parametrize("fails", [False, True], ids=["works", "fails"])
def test_order_of_the_playbooks(fails: bool, runner: Path, tmp_path: Path) -> None:
    """A fresh installation: ks-core gives the ClusterConfiguration its status on the way."""
    installation = Installation(
        tmp_path / "kubesphere",
        runner,
        patched(pristine(), [*DEFAULTS, "early-config"]),
        status={},
        environment={"ANSIBLE_ROLES_PATH": str(tmp_path)},
    )
    after = installation.folder / "after.json"
    installation.playbook(
        "ks-core",
        [{"name": "ks-core only", "command": f"cp {after} {installation.folder}/cluster.json"}],
    )
    marker = installation.folder / "published"
    installation.playbook(
        "ks-config",
        [
            {
                "name": "publish",
                "shell": f"date >> {marker}; test $(wc -l < {marker}) -gt {int(fails)}",
            }
        ],
    )
    kubectl = tmp_path / "bin" / "kubectl"
    kubectl.parent.mkdir()
    kubectl.write_text(f'#!/bin/sh\necho kubectl "$@" >> {tmp_path}/called\n')
    kubectl.chmod(0o755)
    installation.environment["PATH"] = f"{kubectl.parent}:{runner}:/usr/bin:/bin"
    after.write_text(json.dumps({"spec": installation.full_spec, "status": {"core": {}}}))
    run = installation.run()
    assert run.status == 0, run.log()
    lines = [line.plain for line in run.stdout]

    def begins(text: str) -> int:
        return next(i for i, line in enumerate(lines) if line.startswith(text))

    early, first = begins("[ks-config-early] TASK [publish]"), begins("[network] TASK [")
    late, end = begins("TASK [publish]"), begins("TASK [result-info only]")
    assert early < first < late < end
    assert len(marker.read_text().splitlines()) == 2
    later = "kubesphere-config is not published early, but after the other components."
    assert (later in lines) is fails
    assert (f"Done: {COMMAND}" in lines[late:end]) is not fails
    assert (tmp_path / "called").exists() is not fails
