"""One row makes a setting: everything else follows from it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from tests.support.program import REPOSITORY, Finished, ksimage
from tests.support.settings_page import PAGE

from ksimage.config.settings import BY_KEY, SETTINGS, HostSettings, Settings

ROW = """\
    mirror: str | None = row("target", "--mirror", "a second place for the result")
"""
BEFORE = "    ca_file: Path | None = row("
# The copy's lines are not the sources': its runs are not measured.
UNMEASURED = {"COVERAGE_PROCESS_CONFIG": None}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the sources with one row more."""
    copy = tmp_path / "house"
    shutil.copytree(REPOSITORY / "src", copy, ignore=shutil.ignore_patterns("__pycache__"))
    table = copy / "ksimage" / "config" / "settings.py"
    text = table.read_text(encoding="utf-8")
    head, row, tail = text.rpartition(BEFORE)
    assert row
    table.write_text(head + ROW + row + tail, encoding="utf-8")
    return copy


def config(house: Path, folder: Path, *arguments: str, **variables: str) -> Finished:
    """``ksimage config`` of the copy, in a folder."""
    env = {"PYTHONPATH": str(house), **UNMEASURED, **variables}
    return ksimage("config", *arguments, cwd=folder, env=env).ok()


def test_one_row_is_a_setting(house: Path, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    # the flag, its help, and what `config` prints
    assert "a second place for the result" not in PAGE.read_text(encoding="utf-8")
    assert "A second place for the result.  [env: KSIMAGE_MIRROR]" in " ".join(
        config(house, folder, "--help").stdout.split()
    ).replace(". [", ".  [")
    by_flag = config(house, folder, "--mirror", "a.lan/x").stdout
    assert ["mirror", "a.lan/x", "flag", "--mirror"] in map(str.split, by_flag.splitlines())
    # the variable
    by_variable = config(house, folder, "--output", "json", KSIMAGE_MIRROR="b.lan/x").document
    assert by_variable["settings"]["mirror"] == {
        "value": "b.lan/x",
        "origin": {"kind": "environment", "detail": "KSIMAGE_MIRROR"},
    }
    # the key in the file, and its faults
    (folder / "ksimage.yaml").write_text("mirror: c.lan/x\n")
    by_file = config(house, folder, "--output", "json").document
    assert by_file["settings"]["mirror"]["origin"] == {"kind": "file", "detail": "ksimage.yaml:1:9"}
    (folder / "ksimage.yaml").write_text("mirror: nowhere\n")
    refused = ksimage("config", cwd=folder, env={"PYTHONPATH": str(house), **UNMEASURED})
    assert "ksimage.yaml:1:9: mirror: 'nowhere' names no project" in refused.stderr
    # the schema
    schema = json.loads(config(house, tmp_path, "--schema").stdout)
    assert schema["properties"]["mirror"]["description"] == "a second place for the result"
    # the documentation
    page = tmp_path / "configuration.md"
    shutil.copy(PAGE, page)
    env = {"PYTHONPATH": f"{house}:{REPOSITORY}", **UNMEASURED}
    command = (sys.executable, "-m", "tests.support.settings_page")
    ksimage(str(page), cwd=tmp_path, env=env, command=command).ok()
    row = "| `mirror` | `--mirror` | `KSIMAGE_MIRROR` | none | a second place for the result |"
    assert row in page.read_text(encoding="utf-8").splitlines()


def test_the_table_names_each_setting_once() -> None:
    assert len(BY_KEY) == len(SETTINGS) == len({setting.variable for setting in SETTINGS})
    for setting in SETTINGS:
        setting.of(Settings())  # its attribute is there


def test_a_run_s_own_options_win_over_a_host_s() -> None:
    known = {"harbor.lan": HostSettings(Path("/host.crt"), insecure=False)}
    assert Settings(registries=known).registry("HARBOR.lan") == known["harbor.lan"]
    run = Settings(registries=known, ca_file=Path("/run.crt"), insecure=True)
    assert run.registry("harbor.lan") == HostSettings(Path("/run.crt"), insecure=True)
    assert Settings().registry("other.lan") == HostSettings()


def test_a_password_is_not_in_the_representation() -> None:
    assert "s3cret" not in repr(Settings(username="a", password="s3cret"))
