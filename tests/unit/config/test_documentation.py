"""docs/configuration.md against the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ksimage.config import values, yamlfile, yamltext
from ksimage.config.options import CONFIG_NAME, CONFIG_VARIABLE, OPTIONS

PAGE = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def table() -> list[str]:
    """The table of settings as it must stand in the page."""
    rows = ["| key | flag | variable | default | |", "|---|---|---|---|---|"]
    for option in OPTIONS:
        key = f"`{option.key}`" if option.in_file else "(no key)"
        flag = f"`{option.flag}`" if option.flag else ""
        variable = f"`{option.variable}`" if option.kind != "registry-map" else ""
        rows.append(f"| {key} | {flag} | {variable} | {option.default} | {option.help} |")
    return rows


def test_the_table_is_the_code() -> None:
    assert "\n".join(table()) in PAGE, "write it anew:\n" + "\n".join(table())


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_example_is_valid(number: int) -> None:
    loaded = yamlfile.check(BLOCKS[number].encode(), CONFIG_NAME, Path("/srv/images"))
    assert [str(fault) for fault in loaded.faults] == []
    assert loaded.values


def test_the_first_example_shows_every_key() -> None:
    values_of_first = yamlfile.check(BLOCKS[0].encode(), CONFIG_NAME, Path("/srv")).values
    for option in OPTIONS:
        if option.in_file:
            assert any(
                key == option.key or key.startswith(f"{option.key}.") for key in values_of_first
            ), option.key


def test_no_variable_is_missing_or_invented() -> None:
    named = set(re.findall(r"\bKSIMAGE_[A-Z_]+\b", PAGE))
    known = {option.variable for option in OPTIONS if option.kind != "registry-map"}
    assert named == known | {CONFIG_VARIABLE}


def test_bounds_and_names() -> None:
    assert f"{yamltext.MAX_BYTES >> 10} KiB" in PAGE
    for prefix in values.RESERVED_LABELS:
        assert f"`{prefix}`" in PAGE
    for placeholder in values.PLACEHOLDERS:
        assert f"`{{{placeholder}}}`" in PAGE
