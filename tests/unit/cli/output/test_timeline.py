"""Which form a result of ``ksimage timeline`` has, and where it goes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.support.attempts import whole

from ksimage.cli.output.terminal import Terminal
from ksimage.cli.output.timeline import TimelineOutput, give, wish
from ksimage.errors import CannotWrite, UsageError
from ksimage.timeline.analysis import analyse


@pytest.mark.parametrize(
    ("form", "file", "chosen"),
    [
        (None, None, "text"),
        ("svg", None, "svg"),
        (None, "a.html", "html"),
        (None, "a.trace.json", "trace"),
        (None, "a.json", "json"),
        ("csv", "a.html", "csv"),  # the flag is stronger than the name
    ],
)
def test_the_form(form: str | None, file: str | None, chosen: str) -> None:
    wanted = wish(Terminal(), form, Path(file) if file else None, 15, two=False)
    assert wanted.form == chosen


def test_json_output_is_the_json_form() -> None:
    terminal = Terminal()
    terminal.json = True
    assert wish(terminal, None, None, 15, two=False).form == "json"
    assert wish(terminal, "csv", None, 15, two=False).form == "csv"


@pytest.mark.parametrize("form", ["svg", "csv", "trace"])
def test_some_forms_are_of_one_run(form: str) -> None:
    with pytest.raises(UsageError, match="not compared"):
        wish(Terminal(), form, None, 15, two=True)


def test_a_page_does_not_go_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(UsageError, match="for a browser"):
        wish(Terminal(), "html", None, 15, two=False)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    analysis = analyse(whole())
    file = tmp_path / "t.svg"
    give(Terminal(), TimelineOutput("svg", file, 15), analysis, None)
    assert file.read_text().endswith("</svg>\n")
    with pytest.raises(CannotWrite):
        give(Terminal(), TimelineOutput("svg", tmp_path / "none" / "t.svg", 15), analysis, None)
    assert [path.name for path in tmp_path.iterdir()] == ["t.svg"]
