"""Texts of others, where a CI system reads them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ksimage.ci.escape import (
    cell,
    code,
    command_data,
    command_property,
    disarmed,
    disarmed_json,
    log_text,
    table,
)


def test_a_table_is_a_table() -> None:
    text = table(
        ["release", "digest"],
        [["v3.3.2", "sha256:ab"], ["a|b\n<img src=x> `c` [l](https://e)", "x|`</code>"]],
        codes=["digest"],
    )
    lines = text.splitlines()
    assert lines[0] == "| release | digest |"
    assert lines[2] == "| v3.3.2 | <code>sha256:ab</code> |"
    assert len(lines) == 4
    assert lines[3].count("|") == 3
    for markup in ("<img", "`", "[l]", "://", "</code></code>"):
        assert markup not in lines[3]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_cells_hold_no_markup(text: str) -> None:
    for made in (cell(text), code(text).removeprefix("<code>").removesuffix("</code>")):
        assert not re.search(r"[\\`*_\[\]<>|~@!\n\r]", made)
        assert made.isprintable() or not text.isprintable() or "\xa0" in text or " " in text


@given(st.text())
def test_no_line_is_a_command(text: str) -> None:
    for line in disarmed(log_text(text)).split("\n"):
        assert not re.match(r"\s*::", line)
        assert "##[" not in line


@given(st.text())
def test_a_command_s_data_stays_in_its_line(text: str) -> None:
    assert not set(command_data(text)) & set("\r\n")
    assert not set(command_property(text)) & set("\r\n:,")


def test_json_stays_the_same_json() -> None:
    assert disarmed_json('{"a": "##[add-mask]"}') == '{"a": "#\\u0023[add-mask]"}'
