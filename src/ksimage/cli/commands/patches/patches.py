"""``ksimage patches``: list and show patches here; check, refresh and new in modules beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ksimage.cli.input import completion
from ksimage.cli.input.groups import LateGroup, Table
from ksimage.cli.input.options import command, settings

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal

ELSEWHERE: Table = {
    "check": ("patches.check", "Try every patch on every release."),
    "refresh": ("patches.refresh", "Regenerate a patch against a release."),
    "new": ("patches.new", "Write a patch with an editor."),
}
"""Subcommands in modules of their own, loaded when they are used."""


@click.group(
    "patches", cls=LateGroup, table=ELSEWHERE, short_help="List, show, check and write patches."
)
def patches() -> None:
    """List, show, check and write the patches of the hook."""


@command("list", help="List the patches: which are on by default, and for which releases.")
@settings("Patches", "patches.dir", "patches.mode")
def list_command(terminal: Terminal, /, **values: object) -> None:
    """List the patches that can be chosen from, in the order they are applied.

    \b
      ksimage patches list
      ksimage build v3.3.2 --with early-config --without poll-interval
    """
    from ksimage.build import patcher
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output.documents.lists import patches_document
    from ksimage.cli.output.lines import aligned

    series = patcher.load_series(Invocation(terminal, values).settings)
    rows = [
        (
            patch.name,
            "on" if patch.default else "off",
            patch.header.releases or "every release",
            patch.header.summary,
        )
        for patch in series
    ]
    terminal.result("\n".join(aligned(rows)), patches_document(series))


@command("show", help="Show a patch: why it is there, its risk, its diff.")
@click.argument("name", shell_complete=completion.patch_names)
@settings("Patches", "patches.dir", "patches.mode")
def show_command(terminal: Terminal, /, name: str, **values: object) -> None:
    """Show a patch file whole: header and diff.

    \b
      ksimage patches show labelled-output
    """
    from ksimage.build import patcher
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output import files
    from ksimage.cli.output.diffs import as_text, print_diff
    from ksimage.cli.output.documents.lists import patch_document

    patch = patcher.load_series(Invocation(terminal, values).settings).find(name)
    data = files.read(patch.path)
    if terminal.json:
        terminal.document(patch_document(patch, as_text(data)))
    else:
        print_diff(terminal, data)


patches.add_command(list_command)
patches.add_command(show_command)
