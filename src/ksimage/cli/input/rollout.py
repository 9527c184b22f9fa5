"""What the options of `ksimage rollout` choose, and the question before a restart."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal


class Choices(NamedTuple):
    """Flags that every way of rolling out has.

    Attributes:
        way: ``auto``, ``patch`` or ``scale``.
        seconds: to wait for the new pod.
    """

    dry_run: bool = False
    yes: bool = False
    force: bool = False
    way: str = "auto"
    seconds: float = 300.0


def confirm(terminal: Terminal, question: str, *, yes: bool) -> None:
    """Ask on a terminal. Raises UsageError where nobody can be asked, Exit for a no."""
    from ksimage.errors import UsageError

    if yes:
        return
    if not (sys.stdin and sys.stdin.isatty()):
        raise UsageError(
            "this restarts the installer, and there is nobody to ask",
            advice=["add --yes; or look first: --dry-run"],
        )
    if not click.confirm(question, err=True):
        terminal.warning("nothing was changed")
        raise click.exceptions.Exit(0)
