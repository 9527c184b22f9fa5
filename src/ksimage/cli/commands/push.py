"""``ksimage push``: send an earlier build to a registry."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from ksimage.cli.input import completion
from ksimage.cli.input.options import (
    command,
    create_project_option,
    option,
    platform_option,
    registry_options,
    replace_option,
    settings,
)

if TYPE_CHECKING:
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output.terminal import Terminal
    from ksimage.locations.spec import Location
    from ksimage.publish.push import Pushed


@command("push", help="Send an earlier build to a registry.")
@click.argument("image", shell_complete=completion.locations)
@click.argument("destination", required=False, shell_complete=completion.locations)
@option("Result", "--to LOCATION", "The destination, as an option.")
@option("Result", "--tag TAG", "Tag there.  [default: the image's own]")
@replace_option
@create_project_option
@option(
    "Result",
    "--through",
    "Who sends an image of the Docker Engine: the engine, with its own trust in the registry"
    " and knowledge of what is there, or ksimage.  [default: the engine]",
    type=click.Choice(["auto", "engine", "direct"]),
    default="auto",
)
@platform_option("Result", "Only this platform's image.  [default: all that the image has]")
@settings("Result", "target", "jobs")
@registry_options
def push(
    terminal: Terminal,
    /,
    image: str,
    destination: str | None,
    to: str | None,
    tag: str | None,
    replace: bool,
    create_project: str | None,
    through: str,
    platform: str | None,
    **values: object,
) -> None:
    """Send an earlier build from any location to a registry, as it is.

    DESTINATION is a registry reference, project or repository; the image's own tag is filled in.
    Without one it is --target.

    \b
      ksimage push docker-daemon:kubesphere/ks-installer:v3.3.2-debug harbor.lan/kubesphereio
      ksimage push oci-archive:ks-installer-v3.3.2-debug.tar harbor.lan/kubesphereio \\
          --create-project
    """
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.input.order import ensure_project
    from ksimage.cli.output.documents.builds import push_document
    from ksimage.cli.output.progress import progress
    from ksimage.errors import UsageError
    from ksimage.locations import spec
    from ksimage.publish import push as pushing

    started = time.monotonic()
    if to and destination:
        raise UsageError(f"two destinations were given: {destination} and --to {to}")
    to = to or destination
    run = Invocation(terminal, values, login=[to], pushes=True)
    where = to or run.settings.target
    if where is None:
        raise UsageError(
            "push does not know where to", advice=[f"ksimage push {image} REGISTRY/PROJECT"]
        )
    source = spec.parse(image)
    target = pushing.destination(source, where, tag)
    way = pushing.way(source, target, through)
    terminal.step(f"image    {source}")
    terminal.step(f"result   {target}")
    notes = _notes(run, target, way)
    for note in notes:
        terminal.warning(note)
    ensure_project(run, target, create_project)
    if way == pushing.ENGINE:
        terminal.step("the Docker Engine pushes (--through direct sends it from here)")
    with progress(terminal) as shown:
        pushed = pushing.push(
            source,
            target,
            options=run.options,
            through=way,
            overwrite=replace,
            platform=platform,
            jobs=run.settings.jobs,
            progress=shown,
        )
    _show(terminal, pushed, time.monotonic() - started)
    terminal.result(pushed.published.reference, push_document(pushed, source, notes))


def _notes(run: Invocation, destination: Location, way: str) -> list[str]:
    from ksimage.upstream.kubekey import tags

    reference = destination.reference
    if reference is None or reference.tag is None:
        return []
    notes = tags.warnings(reference.tag)
    options = run.options(destination)
    if options and way == "engine" and (options.insecure or options.ca_file):
        notes.append(
            "--insecure and --ca-file do not reach the Docker Engine, which pushes with its own"
            " trust in the registry: --through direct pushes with yours"
        )
    return notes


def _show(terminal: Terminal, pushed: Pushed, seconds: float) -> None:
    from ksimage.cli.output.results import show_replaced

    published = pushed.published
    for platform, image_id in pushed.image_ids.items():
        terminal.step(f"image ID {image_id} ({platform})")
    show_replaced(terminal, published)
    if published.up_to_date:
        state = "up to date, nothing written"
    elif pushed.through == "engine":
        state = "pushed by the Docker Engine"
    else:
        state = f"{published.sent:,} bytes written"
    terminal.success(f"{published.location}: {state}, {seconds:.1f} s")
