"""``ksimage config``: what is in force and where it came from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Run

from ksimage.config import present

SECRET = "correct horse battery"


def rows(text: str) -> dict[str, tuple[str, str]]:
    """key -> (value, origin); both may hold single blanks."""
    found = {}
    for line in text.splitlines():
        key, _, rest = line.partition("  ")
        *value, origin = [part for part in rest.split("  ") if part]
        found[key.strip()] = ("".join(value).strip(), origin.strip())
    return found


@pytest.fixture
def everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Run:
    """A file and variables, for ``run``."""
    (tmp_path / "ksimage.yaml").write_text(
        "source: harbor.lan/kubesphereio\n"
        "tag: '{release}-mine'\n"
        "verbosity: 2\n"
        "labels: {site: north}\n"
        "registries:\n  harbor.lan: {insecure: true}\n"
    )
    monkeypatch.setenv("KSIMAGE_VERBOSITY", "3")
    monkeypatch.setenv("KSIMAGE_JOBS", "7")
    monkeypatch.setenv("KSIMAGE_USERNAME", "robot$ci")
    monkeypatch.setenv("KSIMAGE_PASSWORD", SECRET)
    return run


def test_values_and_origins(everything: Run) -> None:
    found = everything("config", "--verbose=4", "--label", "x=y")
    assert found.code == 0, found.stderr
    shown = rows(found.stdout)
    assert shown["source"] == ("harbor.lan/kubesphereio", "ksimage.yaml:1:9")
    assert shown["tag"] == ("{release}-mine", "ksimage.yaml:2:6")
    assert shown["verbosity"] == ("4", "flag --verbose")
    assert shown["jobs"] == ("7", "environment KSIMAGE_JOBS")
    assert shown["engine"] == ("auto", "default")
    assert shown["target"] == (
        "harbor.lan/kubesphereio",
        "default as source, ksimage.yaml:1:9",
    )
    assert shown["labels.x"] == ("y", "flag --label")
    assert shown["labels.site"] == ("north", "ksimage.yaml:4:16")
    assert shown["registries.harbor.lan"][0] == "insecure=true"
    assert found.stderr.splitlines()[-1].endswith("ksimage.yaml")


def test_password_is_never_shown(everything: Run) -> None:
    for arguments in (("config",), ("--output", "json", "config"), ("-vv", "config")):
        found = everything(*arguments)
        assert found.code == 0
        assert SECRET not in found.stdout + found.stderr
    shown = rows(everything("config").stdout)
    assert shown["password"] == ("(set, hidden)", "environment KSIMAGE_PASSWORD")
    assert shown["username"] == ("robot$ci", "environment KSIMAGE_USERNAME")


def test_json(everything: Run, tmp_path: Path) -> None:
    document = everything("--output", "json", "config").ok().document
    assert document["schema"] == "ksimage/v1"
    assert document["file"] == str(tmp_path / "ksimage.yaml")
    settings = document["settings"]
    assert settings["verbosity"] == {
        "value": 3,
        "origin": {"kind": "environment", "detail": "KSIMAGE_VERBOSITY"},
    }
    assert settings["tag"]["origin"] == {"kind": "file", "detail": "ksimage.yaml:2:6"}
    assert settings["labels"]["site"]["value"] == "north"
    assert settings["password"]["value"] == "(set, hidden)"


def test_nothing_is_set(run: Run) -> None:
    found = run("config").ok()
    shown = rows(found.stdout)
    assert {line.split()[-1] for line in found.stdout.splitlines()} == {"default"}
    assert {key for key, value in shown.items() if value[0]} >= {"source", "tag", "engine", "jobs"}
    assert found.stderr == ""
    assert run("--output", "json", "config").ok().document["file"] is None


def test_schema(run: Run) -> None:
    found = run("config", "--schema").ok()
    assert found.stdout == present.schema_text()
    assert json.loads(found.stdout)["$schema"]


def test_schema_needs_no_good_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ksimage.yaml").write_text("nonsense: [\n")
    assert run("config").code == 3
    run("config", "--schema").ok()
