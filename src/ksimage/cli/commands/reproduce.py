"""``ksimage reproduce``: build an image again from its labels and compare digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ksimage.cli.input import completion
from ksimage.cli.input.options import command, option, registry_options, settings

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal


@command("reproduce", help="Rebuild an image from its labels and compare digests.")
@click.argument("image", shell_complete=completion.locations)
@option(
    "Base image", "--base LOCATION", "The base, where the labels name none in the same registry."
)
@settings("Patches", "patches.files", "patches.dir", "patches.mode")
@registry_options
def reproduce(terminal: Terminal, /, image: str, base: str | None, **values: object) -> None:
    """Rebuild an image from what its own labels say, in memory, and compare digests.

    Exits with 0 when they are equal; otherwise says what differs and why that can be.

    \b
      ksimage reproduce harbor.lan/kubesphereio/ks-installer:v3.3.2-debug
    """
    from ksimage.build import reproduce as library
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output.documents.verdicts import comparison_document
    from ksimage.errors import NotReproducible
    from ksimage.locations import spec

    run = Invocation(terminal, values, login=[image])
    compared = library.reproduce(
        spec.parse(image),
        run.settings,
        options=run.options,
        base_location=spec.parse(base) if base else None,
    )
    document = comparison_document(compared)
    terminal.step(f"base     {compared.base}")
    if not compared:
        if terminal.json:
            terminal.document(document)
        raise NotReproducible(
            compared.name, compared.digest, compared.rebuilt, compared.differences
        )
    terminal.success("the rebuild is identical")
    terminal.result(compared.rebuilt, document)
