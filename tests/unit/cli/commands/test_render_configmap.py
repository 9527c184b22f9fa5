"""``ksimage render --as configmap``: what is written, and what is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support import derived
from tests.support.images import Recipe, layout
from tests.unit.cli.conftest import Run
from tests.unit.cli.own_patches import series

RENDER = ("render", "v3.3.2", "--as", "configmap", "-o", "hook")


def written(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """ConfigMap and Deployment patch, as kubectl would read them."""
    documents = [
        yaml.safe_load((folder / name).read_text())
        for name in ("configmap.yaml", "deployment-patch.yaml")
    ]
    return documents[0], documents[1]


def test_files(run: Run, base: str, tmp_path: Path) -> None:
    found = run(*RENDER, "--verbose=4", "--from", base).ok()
    assert found.stdout == "hook\n"
    configmap, patch = written(tmp_path / "hook")
    assert sorted(path.name for path in (tmp_path / "hook").iterdir()) == [
        "configmap.yaml",
        "deployment-patch.yaml",
        "removal-patch.yaml",
    ]
    hook = configmap["data"]["installRunner.py"].encode()
    run("render", "v3.3.2", "-o", "context", "--from", base).ok()
    (file,) = (p for p in (tmp_path / "context").rglob("*") if p.suffix == ".py")
    assert hook == file.read_bytes()
    pod = patch["spec"]["template"]["spec"]
    assert pod["volumes"][0]["configMap"]["name"] == configmap["metadata"]["name"]
    assert {"name": "KS_INSTALLER_VERBOSITY", "value": "4"} in pod["containers"][0]["env"]


def test_warnings_and_commands(run: Run, base: str) -> None:
    found = run(*RENDER, "--from", base).ok()
    assert "warning: applying the patch restarts ks-installer" in found.stderr
    assert "warning: it stays when KubeKey applies its own Deployment" in found.stderr
    assert "main.yml: in another release's image this hook would run all the same" in found.stderr
    assert "delete configmap ksimage-hook-" in found.stderr
    assert "kubectl -n kubesphere-system apply -f hook/configmap.yaml" in found.stderr
    assert "a Dockerfile" not in found.stderr
    # what is printed on -qq is nothing: warnings are not errors
    assert run(*RENDER[:-1], "other", "-qq", "--from", base).ok().stderr == ""


def test_json(run: Run, base: str) -> None:
    found = run("--output", "json", *RENDER, "--from", base).ok()
    assert found.document == {
        "schema": "ksimage/v1",
        "directory": "hook",
        "files": ["configmap.yaml", "deployment-patch.yaml", "removal-patch.yaml"],
    }


def test_folder_with_something_in_it(run: Run, base: str, tmp_path: Path) -> None:
    (tmp_path / "hook").mkdir()
    run(*RENDER, "--from", base).ok()  # an empty one is fine
    before = {path: path.read_bytes() for path in (tmp_path / "hook").iterdir()}
    found = run("--output", "json", *RENDER, "--from", base)
    assert found.code == 14
    assert found.document["error"]["kind"] == "not-empty"
    assert {path: path.read_bytes() for path in (tmp_path / "hook").iterdir()} == before


def test_a_file_in_the_folders_place(run: Run, base: str, tmp_path: Path) -> None:
    (tmp_path / "hook").write_text("")
    found = run(*RENDER, "--from", base)
    assert found.code == 14
    assert "cannot write hook" in found.stderr


def test_hook_that_is_no_text(run: Run, tmp_path: Path) -> None:
    coding = b"#!/usr/bin/env python3\n# -*- coding: latin-1 -*-\n"
    hook = derived.HOOK.replace(b"#!/usr/bin/env python3\n", coding, 1) + b"# \xe4\n"
    layout(tmp_path / "image", Recipe(hook=hook))
    found = run(*RENDER, "--from", f"oci:{tmp_path / 'image'}")
    assert found.code == 2
    assert "no UTF-8 text" in found.stderr
    assert not (tmp_path / "hook").exists()


@pytest.mark.parametrize("differ", [False, True])
def test_several_platforms(run: Run, tmp_path: Path, differ: bool) -> None:
    """One ConfigMap serves all platforms, for the hook is the same; it is said where it is not."""
    hooks = (derived.HOOK, derived.HOOK + (b"# other\n" if differ else b""))
    layout(
        tmp_path / "image",
        *(
            Recipe(hook=hook, architecture=architecture)
            for hook, architecture in zip(hooks, ("amd64", "arm64"), strict=True)
        ),
    )
    found = run(*RENDER, "--from", f"oci:{tmp_path / 'image'}").ok()
    said = "the platforms' hooks differ: this one is that of linux/amd64" in found.stderr
    assert said is differ
    assert "Dockerfile" not in found.stderr


def test_own_patches_count(run: Run, base: str, tmp_path: Path) -> None:
    run(*RENDER, "--from", base).ok()
    series(tmp_path / "mine", "chatty")
    run(*RENDER[:-1], "chatty", "--patch-dir", "mine", "--from", base).ok()
    (plain, _), (chatty, _) = written(tmp_path / "hook"), written(tmp_path / "chatty")
    assert plain["metadata"]["name"] != chatty["metadata"]["name"]
    assert "chatty@sha256:" in chatty["metadata"]["annotations"]["io.ksimage.patches"]
    assert "logging.DEBUG" in chatty["data"]["installRunner.py"]
