"""``ksimage patches``: list, show, check (and write) patches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ksimage.cli import completion
from ksimage.cli.options import Option, command, settings

if TYPE_CHECKING:
    from ksimage.cli.terminal import Terminal


@click.group("patches", short_help="List, show, check and write patches.")
def command_group() -> None:
    """List, show, check and write patches."""
