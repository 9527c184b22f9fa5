"""``ksimage verify``: prove an image, wherever it is."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from ksimage.cli.input import completion
from ksimage.cli.input.options import command, option, registry_options, settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ksimage.cli.output.terminal import Terminal
    from ksimage.inspection.bases import Base
    from ksimage.locations.protocol import Source


@command("verify", help="Prove an image: nothing but the hook changed.")
@click.argument("image", shell_complete=completion.locations)
@option(
    "Proofs",
    "--base LOCATION",
    "The base that it was made from. Without this, the image that its labels name is taken "
    "where it is in the same registry, or in that of the settings' source or target; or the "
    "release beside it in the same engine or layout, where its layers are those.",
)
@option(
    "Proofs",
    "--smoke-test",
    "Also run the hook with --config, in the image and in its base, in the Docker Engine.",
)
@settings("Proofs", "platforms")
@registry_options
def verify(
    terminal: Terminal, /, image: str, base: str | None, smoke_test: bool, **values: object
) -> None:
    """Prove an image from any location: which release, which patches, and nothing else changed.

    Exits with 0 only when every proof was made and holds, with 20 when some could not be made
    because the base is not known, with 6 when one failed or ksimage did not make the image.

    \b
      ksimage verify harbor.lan/kubesphereio/ks-installer:v3.3.2-debug
      ksimage verify docker-daemon:kubesphere/ks-installer:v3.3.2-debug --base docker-daemon:…
    """
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output.documents.verdicts import verdict_document
    from ksimage.cli.output.inspection import show_proofs
    from ksimage.inspection import bases as base_finding
    from ksimage.inspection import proofs
    from ksimage.locations import access, spec

    run = Invocation(terminal, values, login=[image])
    location = spec.parse(image)
    with ExitStack() as stack:
        source = access.open_source(location, options=run.options(location))
        stack.callback(source.close)
        bases = base_finding.find(
            location,
            source,
            platforms=run.settings.platforms,
            given=spec.parse(base) if base else None,
            allowed=[run.settings.source, run.settings.target],
            options=run.options,
            stack=stack,
        )
        expected = {platform: proofs.expect_base(*found) for platform, found in bases.items()}
        verdict = proofs.verify(source, platforms=run.settings.platforms, expected=expected)
        for platform in verdict.platforms:
            terminal.step(f"{platform.image.platform}: {platform.identity}")
        show_proofs(terminal, verdict)
        if smoke_test and not verdict.failures:
            _smoke_test(terminal, source, bases.values())
    document = verdict_document(verdict)
    if terminal.json and not verdict.verified:
        terminal.document(document)
    verdict.require_all()
    text = str(location) if location.digest else f"{location}@{verdict.digest}"
    terminal.result(text, document)


def _smoke_test(terminal: Terminal, source: Source, bases: Iterable[Base]) -> None:
    from ksimage.build import smoke
    from ksimage.errors import UsageError
    from ksimage.images.platform import matches
    from ksimage.locations.docker import engine

    client = engine.connect("smoke test")
    platform = engine.platform_of(client)
    for base in bases:
        if matches(base.image.platform, platform):
            smoke.run(source, base.source)
            terminal.success("installRunner.py --config prints what the base's prints")
            return
    raise UsageError(
        f"the smoke test needs the base for {platform}", advice=["name it: --base LOCATION"]
    )
