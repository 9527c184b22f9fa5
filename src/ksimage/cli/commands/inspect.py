"""``ksimage inspect``: what a name really holds."""

from __future__ import annotations

from contextlib import closing, nullcontext
from typing import TYPE_CHECKING

import click

from ksimage.cli.input import completion
from ksimage.cli.input.options import command, platform_option, registry_options

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ksimage.cli.output.inspection import Line
    from ksimage.cli.output.terminal import Terminal
    from ksimage.harbor.api import Harbor
    from ksimage.images.manifest import Descriptor
    from ksimage.locations.options import RegistryOptions
    from ksimage.locations.protocol import Source
    from ksimage.locations.spec import Location

LARGE = 32 << 20
"""Bytes of a layer from which on reading it is worth a line."""


@command("inspect", help="Show what a tag really holds, and whether it was overwritten.")
@click.argument("image", shell_complete=completion.locations)
@platform_option(
    "Image",
    "Only this platform's image; may be repeated.  [default: all that the image has]",
    "platforms",
    multiple=True,
)
@registry_options
def inspect(
    terminal: Terminal, /, image: str, platforms: tuple[str, ...], **values: object
) -> None:
    """Show what an image at any location is: digests and image IDs, whose hook it holds, how it
    runs; and in a registry whether KubeKey, or anybody, has overwritten the tag.

    \b
      ksimage inspect harbor.lan/kubesphereio/ks-installer:v3.3.2
      ksimage inspect docker-daemon:kubesphere/ks-installer:v3.3.2-debug
    """
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output.documents.verdicts import inspection_document
    from ksimage.cli.output.inspection import inspection_rows
    from ksimage.inspection import report as inspecting
    from ksimage.locations import access, spec

    run = Invocation(terminal, values, login=[image])
    location = spec.parse(image)
    options = run.options(location)
    with (
        closing(access.open_source(location, options=options)) as source,
        _harbor(location, options) as harbor,
    ):
        told = _told(terminal, source)
        inspection = inspecting.inspect(
            told, location, harbor, platforms=platforms, options=options
        )
    for warning in inspection.warnings:
        terminal.warning(warning)
    text = "" if terminal.json else _text(terminal, inspection_rows(inspection))
    terminal.result(text, inspection_document(inspection))


def _told(terminal: Terminal, source: Source) -> Source:
    """``source``, saying of each large layer that it is being read: that may take minutes."""
    from ksimage.locations.views import Watched

    told = set()

    def tell(descriptor: Descriptor, _: int) -> None:
        if descriptor.size >= LARGE and descriptor.digest not in told:
            told.add(descriptor.digest)
            terminal.step(f"reading a layer of {descriptor.size:,} bytes, {descriptor.digest}")

    return Watched(source, tell)


def _harbor(
    location: Location, options: RegistryOptions | None
) -> AbstractContextManager[Harbor | None]:
    if location.reference is None:
        return nullcontext()
    from ksimage.harbor import api

    found = api.detect(location.reference.registry, options)
    return closing(found) if found else nullcontext()


def _text(terminal: Terminal, rows: list[Line]) -> str:
    import sys

    lines = []
    for number, (label, value) in enumerate(rows):
        if value:
            lines.append(f"  {label:<10}  {value}")
        else:
            heading = terminal.style(label, sys.stdout, bold=True)
            lines.append(f"\n{heading}" if number else heading)
    return "\n".join(lines)
