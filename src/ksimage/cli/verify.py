"""``ksimage verify``: prove an image, wherever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ksimage.cli.options import Option, command, registry_options, settings

if TYPE_CHECKING:
    from ksimage.cli.session import Session
    from ksimage.cli.terminal import Terminal
    from ksimage.verify import Expected, Verdict


@command("verify", help="Prove an image: nothing but the hook changed.")
@click.argument("image")
@click.option(
    "--base",
    cls=Option,
    section="Proofs",
    metavar="LOCATION",
    help="The base that it was made from; an image in the same registry that its labels name is "
    "found without this.",
)
@settings("Proofs", "platforms")
@registry_options
@click.pass_obj
def verify(terminal: Terminal, /, image: str, base: str | None, **values: Any) -> None:
    """Prove an image from any location: which release, which patches, and nothing else changed.

    Exits with 0 only for an intact image made by ksimage; a pristine or foreign hook is named.

    \b
      ksimage verify harbor.lan/kubesphereio/ks-installer:v3.3.2-debug
      ksimage verify docker-daemon:kubesphere/ks-installer:v3.3.2-debug --base docker-daemon:…
    """
    from ksimage import verify as proofs
    from ksimage.cli.documents import verdict_document
    from ksimage.cli.proofs import show_proofs
    from ksimage.cli.session import Session
    from ksimage.locations import spec

    session = Session(terminal, values, login=[image])
    location = spec.parse(image)
    source = spec.open_source(location, options=session.options(location))
    try:
        expected = _expected(session, location, source, base)
        verdict = proofs.verify(source, platforms=session.settings.platforms, expected=expected)
    finally:
        source.close()
    for platform in verdict.platforms:
        terminal.step(f"{platform.image.platform}: {platform.identity}")
    show_proofs(terminal, verdict)
    _result(terminal, location, verdict, verdict_document(verdict))


def _result(terminal: Terminal, location: Any, verdict: Verdict, document: dict[str, Any]) -> None:
    if terminal.json and verdict.failures:
        terminal.document(document)
    verdict.require()
    text = str(location) if location.digest else f"{location}@{verdict.digest}"
    terminal.result(text, document)


def _expected(
    session: Session, location: Any, source: Any, given: str | None
) -> dict[str, Expected] | None:
    """The base's side of the proofs, when the base is named or is in the same registry."""
    from ksimage import base as bases
    from ksimage import recipe
    from ksimage import verify as proofs
    from ksimage.errors import NotFound
    from ksimage.images import config as image_config
    from ksimage.images import reference
    from ksimage.locations import spec
    from ksimage.locations.spec import Location, Transport

    wanted = session.settings.platforms
    if given is not None:
        place = spec.parse(given)
    else:
        images = bases.read_images(source, wanted).images
        labels = image_config.labels(images[0].config)
        name, digest = labels.get(recipe.BASE_NAME), labels.get(recipe.BASE_DIGEST)
        if location.reference is None or not name or not digest:
            return None
        found = reference.parse(name)
        if found.registry != location.reference.registry:
            return None  # only what the user named is contacted
        place = Location(Transport.REGISTRY, reference=found)
        if len(images) == 1:
            place = Location(Transport.REGISTRY, reference=found.with_digest(digest))
    source = spec.open_source(place, options=session.options(place))
    try:
        return proofs.expect_base(source, bases.read_images(source, wanted))
    except NotFound as error:
        if given is not None:
            raise
        session.terminal.detail(f"base {place}: {error.message}")
        return None
    finally:
        source.close()
