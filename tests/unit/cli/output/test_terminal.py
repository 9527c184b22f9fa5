"""What goes where, and at which level."""

from __future__ import annotations

import pytest

from ksimage.cli.output.terminal import Terminal
from ksimage.errors import UnknownRelease


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ([], {"step", "warning"}),
        ([("more", 1)], {"step", "warning", "detail"}),
        ([("less", 1)], {"warning"}),
        ([("less", 2)], set()),
        ([("more", 1), ("less", 1)], {"step", "warning"}),
    ],
)
def test_levels(
    options: list[tuple[str, int]], shown: set[str], capfd: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    for name, value in options:
        terminal.configure(name, value)
    terminal.step("step")
    terminal.detail("detail")
    terminal.warning("warning")
    terminal.warning("warning")
    terminal.close()
    out, err = capfd.readouterr()
    assert out == ""
    assert {line.rpartition(" ")[2] for line in err.splitlines()} == shown
    assert len(err.splitlines()) == len(shown), "a warning is said once"


def test_a_password_is_shown_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.hide("bob", "hunter2pass")
    terminal.step("it is hunter2pass")
    terminal.result("and hunter2pass")
    terminal.document({"a": "hunter2pass"})
    out, err = capfd.readouterr()
    assert "hunter2pass" not in out + err and out.count("***") == 2


def test_advice_is_completed(capfd: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.complete = lambda line, part: f"{line} [{part}]"
    with terminal.part("v9"):
        terminal.explain(UnknownRelease("v9", ["v3.3.2"]))
    assert "did you mean: v3.3.2 [v9]" in capfd.readouterr().err
