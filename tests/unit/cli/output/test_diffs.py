"""A diff on stdout."""

from __future__ import annotations

import pytest

from ksimage.cli.output.diffs import as_text, print_diff
from ksimage.cli.output.terminal import Terminal

DIFF = b"--- a\n+++ b\n@@ -1 +1 @@\n-old \x1b[2J\n+new\xff\n"


def test_elsewhere_it_is_a_patch_byte_for_byte(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    print_diff(Terminal(), DIFF)
    assert capfdbinary.readouterr().out == DIFF


def test_in_colours_it_is_harmless(capfd: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.configure("color", True)
    print_diff(terminal, DIFF)
    shown = capfd.readouterr().out
    assert "\x1b[2J" not in shown and "\x1b[31m-old" in shown and "\x1b[32m+new" in shown
    assert "\x1b[31m---" not in shown


def test_for_json_nothing_is_lost() -> None:
    assert as_text(DIFF).endswith("+new\\xff\n")
