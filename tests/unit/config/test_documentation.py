"""docs/configuration.md against the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support import program, settings_page

from ksimage.config import values, yamlfile, yamltext
from ksimage.config.settings import CONFIG_NAME, CONFIG_VARIABLE, SETTINGS

PAGE = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_table_is_the_code() -> None:
    assert settings_page.page(PAGE) == PAGE, "`make docs` writes it"
    assert settings_page.table() in PAGE


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_example_is_valid(number: int) -> None:
    loaded = yamlfile.check(BLOCKS[number].encode(), CONFIG_NAME, Path("/srv/images"))
    assert [str(fault) for fault in loaded.faults] == []
    assert loaded.values


def test_the_first_example_shows_every_key() -> None:
    values_of_first = yamlfile.check(BLOCKS[0].encode(), CONFIG_NAME, Path("/srv")).values
    for option in SETTINGS:
        if option.in_file:
            assert any(
                key == option.key or key.startswith(f"{option.key}.") for key in values_of_first
            ), option.key


def test_no_variable_is_missing_or_invented() -> None:
    named = set(re.findall(r"\bKSIMAGE_[A-Z_]+\b", PAGE))
    known = {option.variable for option in SETTINGS if option.kind != "registry-map"}
    assert named == known | {CONFIG_VARIABLE}


def test_bounds_and_names() -> None:
    assert f"{yamltext.MAX_BYTES >> 10} KiB" in PAGE
    for prefix in values.RESERVED_LABELS:
        assert f"`{prefix}`" in PAGE
    for placeholder in values.PLACEHOLDERS:
        assert f"`{{{placeholder}}}`" in PAGE


def ksimage(folder: Path, **environment: str) -> str:
    """What ``ksimage config`` prints in a folder, both streams."""
    done = subprocess.run(
        [sys.executable, "-c", "from ksimage.cli import main; main()", "config"],
        cwd=folder,
        env={**program.environment(), "PYTHONUTF8": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout


def console(begin: str) -> list[str]:
    """The lines below a command in the page."""
    return PAGE[PAGE.index(begin) :].partition("```")[0].splitlines()[1:]


def test_the_settings_shown_are_what_is_printed(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text("source: harbor.lan/kubesphereio\n")
    printed = ksimage(tmp_path, KSIMAGE_JOBS="2").splitlines()
    shown = console("$ KSIMAGE_JOBS=2 ksimage config")
    assert shown[:3] == printed[:3]
    assert shown[-1] in printed


def test_the_faults_shown_are_what_is_printed(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text(
        "sorce: harbor.lan/kubesphereio\nreleases:\n  - v3.3.3\n\nverbosity: 9\n"
    )
    assert console("$ ksimage config\nerror") == ksimage(tmp_path).splitlines()
