"""Diffs and patches on stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ksimage.cli.output.lines import clean

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal

_COLORS = {"+": "green", "-": "red", "@": "cyan"}


def as_text(data: bytes) -> str:
    """A diff or patch for a JSON document; bytes that are not UTF-8 are shown escaped."""
    return data.decode("utf-8", "backslashreplace")


def print_diff(terminal: Terminal, diff: bytes) -> None:
    """Coloured and harmless on a terminal, elsewhere byte for byte a patch."""
    if not terminal.colored(sys.stdout) and not sys.stdout.isatty():
        sys.stdout.buffer.write(diff)
        sys.stdout.flush()
        return
    for line in clean(as_text(diff)).removesuffix("\n").split("\n"):
        color = None if line.startswith(("+++", "---")) else _COLORS.get(line[:1])
        click.echo(
            terminal.style(line, sys.stdout, fg=color) if color else line,
            color=terminal.colored(sys.stdout),
        )
