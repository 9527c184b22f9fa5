"""The ConfigMap and the Deployment patch, merged as the API server merges them."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support import derived, requires
from tests.support.documents import read
from tests.support.images import Entry, Recipe, layout

from ksimage.cluster import configmap, guard
from ksimage.cluster.configmap import MountedHook
from ksimage.errors import UsageError

KEYS = {"containers": "name", "env": "name", "volumes": "name", "volumeMounts": "mountPath"}
"""Merge keys of a Deployment's lists (kubernetes/api, core/v1 types.go: patchMergeKey)."""


def merged(old: Any, patch: Any) -> Any:
    """A strategic merge: maps by key, lists with a merge key by that, anything else replaced."""
    if not isinstance(old, dict):
        return patch
    result = copy.deepcopy(old)
    for key, value in patch.items():
        if isinstance(value, list) and key in KEYS:
            result[key] = merged_list(result.get(key) or [], value, KEYS[key])
        else:
            result[key] = merged(result.get(key), value)
    return result


def merged_list(old: list[Any], patch: list[Any], key: str) -> list[Any]:
    result = copy.deepcopy(old)
    places = {entry[key]: number for number, entry in enumerate(result)}
    for entry in patch:
        if entry[key] in places:
            result[places[entry[key]]] = merged(result[places[entry[key]]], entry)
        else:
            result.append(entry)
    return result


def deployment(release: str) -> dict[str, Any]:
    """A Deployment with what upstream's has in that release."""
    old = release < "v3.1"
    app = "ks-install" if old else "ks-installer"
    container: dict[str, Any] = {
        "name": "installer",
        "image": f"harbor.lan/kubesphereio/ks-installer:{release}",
        "imagePullPolicy": "Always",
        "volumeMounts": [{"mountPath": "/etc/localtime", "name": "host-time"}],
    }
    if not old:
        container["resources"] = {"limits": {"cpu": "1", "memory": "1Gi"}}
        container["volumeMounts"][0]["readOnly"] = True
        container["env"] = [{"name": "TZ", "value": "Europe/Berlin"}]
    return {
        "metadata": {"name": "ks-installer", "labels": {"app": app}},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": app}},
            "template": {
                "metadata": {"labels": {"app": app}},
                "spec": {
                    "serviceAccountName": "ks-installer",
                    "containers": [container],
                    "volumes": [{"name": "host-time", "hostPath": {"path": "/etc/localtime"}}],
                },
            },
        },
    }


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MountedHook]:
    mark = Entry(guard.MARK, b"ks_version: v3.3.2\n")
    base = derived.base(tmp_path_factory.mktemp("base") / "image", Recipe(files=(mark,)))
    with derived.planned(base, verbosity=3) as plan:
        yield configmap.mounted(plan, plan.platforms[0])


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Every single value by its path; entries of lists by their names."""
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = {
            next((e[k] for k in ("mountPath", "name") if k in e), str(n)): e
            for n, e in enumerate(value)
        }.items()
    else:
        return {path: value}
    return {where: leaf for key, v in parts for where, leaf in leaves(v, f"{path}/{key}").items()}


@pytest.mark.parametrize("release", ["v3.0.0", "v3.4.1"])
def test_patching_a_deployment_loses_nothing(chosen: MountedHook, release: str) -> None:
    before = deployment(release)
    after = merged(before, configmap.deployment_patch(chosen))
    old, new = leaves(before), leaves(after)
    assert {path: new[path] for path in old} == old
    (container,) = after["spec"]["template"]["spec"]["containers"]
    env = {entry["name"]: entry["value"] for entry in container["env"]}
    assert env["KS_INSTALLER_VERBOSITY"] == "3"
    assert env["PYTHONUNBUFFERED"] == "1"
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == [
        "/etc/localtime",
        "/hooks/kubesphere/installRunner.py",
    ]
    assert [v["name"] for v in after["spec"]["template"]["spec"]["volumes"]] == [
        "host-time",
        "ksimage-hook",
    ]
    assert merged(after, configmap.deployment_patch(chosen)) == after, "twice is once"


def test_one_file_is_mounted_over_the_hook(chosen: MountedHook) -> None:
    """Never the folder: shell-operator would run what ..data links to."""
    pod = read(configmap.deployment_patch(chosen))["spec"]["template"]["spec"]
    (container,), (volume,) = pod["containers"], pod["volumes"]
    assert container["name"] == "installer"
    assert container["volumeMounts"] == [
        {
            "name": volume["name"],
            "mountPath": "/hooks/kubesphere/installRunner.py",
            "subPath": "installRunner.py",
            "readOnly": True,
        }
    ]
    made = read(configmap.configmap(chosen))
    assert volume["configMap"] == {"name": made["metadata"]["name"], "defaultMode": 493}
    assert list(made["data"]) == ["installRunner.py"]


def test_the_pods_change_with_the_hook(chosen: MountedHook) -> None:
    template = read(configmap.deployment_patch(chosen))["spec"]["template"]
    assert template["metadata"]["annotations"] == {"io.ksimage.hook.after": chosen.sha256}


def test_configmap(chosen: MountedHook) -> None:
    made = read(configmap.configmap(chosen))
    assert (made["apiVersion"], made["kind"], made["immutable"]) == ("v1", "ConfigMap", True)
    assert made["data"]["installRunner.py"].encode() == chosen.data
    assert made["metadata"]["namespace"] == "kubesphere-system"
    name = made["metadata"]["name"]
    assert name == f"ksimage-hook-{chosen.sha256[:12]}"
    annotations = made["metadata"]["annotations"]
    assert annotations["io.ksimage.release"] == "v3.3.2"
    assert all(key.startswith("io.ksimage.") for key in annotations)


def test_its_name_changes_with_the_hook(tmp_path: Path, chosen: MountedHook) -> None:
    """An immutable ConfigMap cannot be changed, and a running pod keeps the one that it has."""
    assert planned_hook(tmp_path, derived.HOOK + b"# more\n").name != chosen.name


def planned_hook(tmp_path: Path, hook: bytes) -> MountedHook:
    layout(tmp_path, Recipe(hook=hook))
    with derived.planned(f"oci:{tmp_path}") as plan:
        return configmap.mounted(plan, plan.platforms[0])


def test_hook_that_is_no_text(tmp_path: Path) -> None:
    hook = derived.HOOK.replace(
        b"#!/usr/bin/env python3\n", b"#!/usr/bin/env python3\n# -*- coding: latin-1 -*-\n"
    )
    chosen = planned_hook(tmp_path, hook + b"# \xe4\n")
    with pytest.raises(UsageError, match="no UTF-8 text"):
        configmap.configmap(chosen)


@pytest.mark.parametrize("size", [configmap.MAX_CONFIGMAP, configmap.MAX_CONFIGMAP + 1])
def test_size(tmp_path: Path, size: int) -> None:
    """The limit is of bytes, not of characters."""
    plain = len(planned_hook(tmp_path / "plain", derived.HOOK).data)
    padding = "#" + "ä" * ((size - plain - 2) // 2) + "x" * ((size - plain - 2) % 2) + "\n"
    chosen = planned_hook(tmp_path / "large", derived.HOOK + padding.encode())
    assert len(chosen.data) == size
    if size > configmap.MAX_CONFIGMAP:
        with pytest.raises(UsageError, match="bytes"):
            configmap.configmap(chosen)
    else:
        assert len(read(configmap.configmap(chosen))["data"]["installRunner.py"]) < size


class TestRemoval:
    """`kubectl patch --local` merges as the API server does, with KubeKey's apply in between."""

    def patched(self, document: Any, patch: Any, folder: Path) -> Any:
        path = folder / "deployment.yaml"
        path.write_text(yaml.safe_dump(document))
        done = subprocess.run(
            [requires.program("kubectl"), "patch", "--local", "-f", str(path), "-o", "yaml",
             "--patch", yaml.safe_dump(patch)],
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return yaml.safe_load(done.stdout)

    def test_nothing_is_left(self, chosen: MountedHook, tmp_path: Path) -> None:
        before = {"apiVersion": "apps/v1", "kind": "Deployment", **deployment("v3.4.1")}
        before = self.patched(before, {}, tmp_path)
        mounted = self.patched(before, configmap.deployment_patch(chosen), tmp_path)
        assert "ksimage-hook" in yaml.safe_dump(mounted)
        after = self.patched(mounted, configmap.removal_patch(chosen), tmp_path)
        template = after["spec"]["template"]["metadata"]
        assert template.pop("annotations", {}) == {}
        assert after == before

    def test_twice_is_once(self, chosen: MountedHook, tmp_path: Path) -> None:
        before = {"apiVersion": "apps/v1", "kind": "Deployment", **deployment("v3.4.1")}
        before = self.patched(before, {}, tmp_path)
        after = self.patched(before, configmap.removal_patch(chosen), tmp_path)
        after["spec"]["template"]["metadata"].pop("annotations", None)  # {KEY: null} in kubectl's
        assert after == before


class TestYaml:
    def test_hook_is_readable(self, chosen: MountedHook) -> None:
        text = configmap.to_yaml(configmap.configmap(chosen))
        for line in chosen.data.decode().splitlines():
            assert f"\n    {line}\n" in text if line else True

    @pytest.mark.parametrize(
        "text",
        [
            "a\n",
            "a",
            "a\n\n\n",
            "\n\na\n",
            "trailing blanks  \n\t\nend\t\n",
            "  first line indented\nsecond\n",
            "\tfirst line with a tab\n",
            "# : {not: yaml}\n---\n...\n- 'x\"\n%TAG\n",
            "# ä 中 \U0001f600\n",
        ],
    )
    def test_blocks(self, text: str) -> None:
        document = {"kind": "ConfigMap", "data": {"installRunner.py": text}}
        written = configmap.to_yaml(document)
        assert yaml.safe_load(written) == document
        for line in text.splitlines():
            assert f"    {line}\n" in written if line else True

    @pytest.mark.parametrize(
        "text", ["", "\n", "a\r\nb\n", "bell\x07\n", "a\x85b\n", "a\u2028b\n", "\ufeffa\r\n"]
    )
    def test_what_no_block_can_hold_is_quoted(self, text: str) -> None:
        document = {"kind": "ConfigMap", "data": {"installRunner.py": text}}
        assert yaml.safe_load(configmap.to_yaml(document)) == document


class TestCommands:
    def test_they_are_shell(self, tmp_path: Path) -> None:
        """Run with a kubectl that writes down what it is given."""
        folder = tmp_path / "a folder's $HOME"
        folder.mkdir()
        (folder / "deployment-patch.yaml").write_text("spec:\n  x: 1\n")
        kubectl = tmp_path / "kubectl"
        kubectl.write_text('#!/bin/sh\nprintf "%s|" "$@" >> log\necho "END" >> log\n')
        kubectl.chmod(0o755)
        script = "\n".join(configmap.commands(str(folder)))
        environ = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        subprocess.run(["sh", "-euc", script], cwd=tmp_path, env=environ, check=True)
        calls = (tmp_path / "log").read_text().split("|END\n")[:-1]
        words = [call.split("|") for call in calls]
        assert all(call[:2] == ["-n", "kubesphere-system"] for call in words)
        assert [call[2] for call in words] == ["scale", "wait", "apply", "patch", "scale"]
        assert words[0][-1] == "--replicas=0"
        assert words[2][-2:] == ["-f", f"{folder}/configmap.yaml"]
        assert words[3][-2:] == ["--patch", "spec:\n  x: 1"]
        assert words[4][-1] == "--replicas=1"
