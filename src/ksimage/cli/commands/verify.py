"""``ksimage verify``: prove an image, wherever it is."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ksimage.cli.input.options import command, option, registry_options, settings

if TYPE_CHECKING:
    from ksimage.base.images import ImageSet
    from ksimage.cli.input.session import Session
    from ksimage.cli.output.terminal import Terminal
    from ksimage.inspection.proofs import Verdict
    from ksimage.locations.protocol import Source


@command("verify", help="Prove an image: nothing but the hook changed.")
@click.argument("image")
@option(
    "Proofs",
    "--base",
    metavar="LOCATION",
    help="The base that it was made from; an image in the same registry that its labels name is "
    "found without this.",
)
@option(
    "Proofs",
    "--smoke-test",
    is_flag=True,
    help="Also run the hook with --config, in the image and in its base, in the Docker Engine.",
)
@settings("Proofs", "platforms")
@registry_options
@click.pass_obj
def verify(
    terminal: Terminal, /, image: str, base: str | None, smoke_test: bool, **values: Any
) -> None:
    """Prove an image from any location: which release, which patches, and nothing else changed.

    Exits with 0 only for an intact image made by ksimage; a pristine or foreign hook is named.

    \b
      ksimage verify harbor.lan/kubesphereio/ks-installer:v3.3.2-debug
      ksimage verify docker-daemon:kubesphere/ks-installer:v3.3.2-debug --base docker-daemon:…
    """
    from ksimage.cli.input.session import Session
    from ksimage.cli.output.documents import verdict_document
    from ksimage.cli.output.proofs import show_proofs
    from ksimage.inspection import proofs
    from ksimage.locations import spec

    session = Session(terminal, values, login=[image])
    location = spec.parse(image)
    with ExitStack() as stack:
        source = _open(session, location, stack)
        bases = _bases(session, location, source, base, stack)
        expected = {
            platform: next(iter(proofs.expect_base(opened, one).values()))
            for platform, (opened, one) in bases.items()
        }
        verdict = proofs.verify(source, platforms=session.settings.platforms, expected=expected)
        for platform in verdict.platforms:
            terminal.step(f"{platform.image.platform}: {platform.identity}")
        show_proofs(terminal, verdict)
        if smoke_test and not verdict.failures:
            _smoke_test(terminal, source, bases)
    _result(terminal, location, verdict, verdict_document(verdict))


def _result(terminal: Terminal, location: Any, verdict: Verdict, document: dict[str, Any]) -> None:
    if terminal.json and verdict.failures:
        terminal.document(document)
    verdict.require()
    text = str(location) if location.digest else f"{location}@{verdict.digest}"
    terminal.result(text, document)


def _open(session: Session, location: Any, stack: ExitStack) -> Source:
    from ksimage.locations import access

    source = access.open_source(location, options=session.options(location))
    stack.callback(source.close)
    return source


def _bases(
    session: Session, location: Any, source: Source, given: str | None, stack: ExitStack
) -> dict[str, tuple[Source, ImageSet]]:
    """Each platform's base: in the image that was named, or by the digests in the labels.

    Labels are followed only within the image's own registry: nothing is contacted that the user
    did not name.
    """
    from ksimage.base import images as base_images
    from ksimage.derivation import recipe
    from ksimage.errors import BadReference, NotFound
    from ksimage.images import config as image_config
    from ksimage.images import reference
    from ksimage.locations import spec
    from ksimage.locations.spec import Location, Transport

    wanted = session.settings.platforms
    if given is not None:
        opened = _open(session, spec.parse(given), stack)
        whole = base_images.read_images(opened, wanted)
        return {
            image.platform.normal: (opened, replace(whole, images=(image,)))
            for image in whole.images
        }
    found = {}
    for image in base_images.read_images(source, wanted).images:
        labels = image_config.labels(image.config)
        name, digest = labels.get(recipe.BASE_NAME), labels.get(recipe.BASE_DIGEST)
        if location.reference is None or not name or not digest:
            continue
        try:
            named = reference.parse(name).with_digest(digest)
        except BadReference as error:
            session.terminal.detail(f"the labels name no base: {error.message}")
            continue
        if named.registry != location.reference.registry:
            continue
        opened = _open(session, Location(Transport.REGISTRY, reference=named), stack)
        try:
            found[image.platform.normal] = (opened, base_images.read_images(opened))
        except NotFound as error:
            session.terminal.detail(f"base {named}: {error.message}")
    return found


def _smoke_test(
    terminal: Terminal, source: Source, bases: dict[str, tuple[Source, ImageSet]]
) -> None:
    from ksimage.build import smoke
    from ksimage.errors import UsageError
    from ksimage.images.platform import matches
    from ksimage.locations.docker import engine

    client = engine.connect("smoke test")
    platform = engine.platform_of(client)
    for opened, one in bases.values():
        if matches(one.images[0].platform, platform):
            smoke.run(source, opened)
            terminal.success("installRunner.py --config prints what the base's prints")
            return
    raise UsageError(
        f"the smoke test needs the base for {platform}", advice=["name it: --base LOCATION"]
    )
