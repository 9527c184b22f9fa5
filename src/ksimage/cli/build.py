"""``ksimage build``: the main job."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from ksimage.cli import completion
from ksimage.cli.options import Option, command, settings

if TYPE_CHECKING:
    from ksimage.build import Plan
    from ksimage.cli.terminal import Terminal
    from ksimage.produce import Built, Destination


@command("build", help="Patch a release's installer image and prove the result.")
@click.argument("what", metavar="RELEASE|IMAGE", shell_complete=completion.release_names)
@settings("Base image", "source", "platforms")
@settings("Patches", "verbosity", "patches.with", "patches.without", "patches.files")
@settings("Patches", "patches.dir", "patches.mode")
@click.option(
    "--to",
    cls=Option,
    section="Result",
    metavar="LOCATION",
    help="Where the result goes: a registry reference, oci:DIR, oci-archive:FILE, "
    "docker-archive:FILE or docker-daemon:[NAME].",
)
@click.option(
    "--push",
    is_flag=True,
    cls=Option,
    section="Result",
    help="Send the result to --target, or to the registry the base came from.",
)
@click.option(
    "--replace",
    is_flag=True,
    cls=Option,
    section="Result",
    help="Replace what the tag holds; a registry keeps it as <tag>-orig.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    cls=Option,
    section="Result",
    help="Write nothing: show the plan, the diff and the Dockerfile.",
)
@settings("Result", "tag", "target", "labels", "engine", "jobs")
@settings("Registry", "ca_file", "insecure", "username", "password")
@click.pass_obj
def build(
    terminal: Terminal,
    /,
    what: str,
    to: str | None,
    push: bool,
    replace: bool,
    dry_run: bool,
    **values: Any,
) -> None:
    """Patch the hook of a ks-installer image and prove the result.

    RELEASE is an upstream tag such as v3.3.2; IMAGE is any image instead of it.

    \b
      ksimage build v3.3.2 --verbose
      ksimage build v3.3.2 --verbose --from docker-daemon:kubesphere/ks-installer
      ksimage build v3.3.2 --verbose --from harbor.lan/kubesphereio --push
      ksimage build v3.4.1 --from oci:kubekey/images --to oci-archive:patched.tar
    """
    from ksimage import produce
    from ksimage.cli.progress import progress
    from ksimage.cli.session import Session

    started = time.monotonic()
    session = Session(terminal, values)
    plan = session.plan(what)
    try:
        destination = produce.choose(plan, session.settings, to=to, push=push)
        terminal.step(f"engine   {destination.engine}: {destination.why}")
        terminal.step(f"result   {destination.location}")
        if dry_run:
            _dry_run(terminal, plan, destination)
            return
        with progress(terminal) as shown:
            built = produce.make(
                plan,
                destination,
                options=session.options(destination.location),
                overwrite=replace,
                jobs=session.settings.jobs,
                progress=shown,
            )
    finally:
        plan.source.close()
    _present(terminal, built, time.monotonic() - started)


def _present(terminal: Terminal, built: Built, seconds: float) -> None:
    from ksimage.cli.documents import build_document
    from ksimage.cli.proofs import show_proofs

    show_proofs(terminal, built.verdict)
    if built.smoke_test:
        terminal.success("installRunner.py --config prints what the base's prints")
    published = built.published
    for platform, image_id in built.image_ids.items():
        terminal.step(f"image ID {image_id} ({platform})")
    if published.kept:
        terminal.step(f"kept     {published.kept} (what the tag held before)")
    elif published.replaced:
        terminal.step(f"replaced {published.replaced}")
    sent = published.copied.sent if published.copied else 0
    state = "up to date, nothing written" if published.up_to_date else f"{sent:,} bytes written"
    terminal.success(f"{published.location}: {state}, {seconds:.1f} s")
    terminal.result(published.reference, build_document(built))


def _dry_run(terminal: Terminal, plan: Plan, destination: Destination) -> None:
    from ksimage import produce
    from ksimage.cli.diff import hook_diff, print_diff
    from ksimage.cli.documents import plan_document
    from ksimage.cli.proofs import show_proofs
    from ksimage.cli.render import dockerfile

    first = plan.platforms[0]
    diff = hook_diff(first.patched)
    text = dockerfile(plan, first)
    verdict = produce.prove(plan, produce.derived(plan, destination.location))
    if terminal.json:
        terminal.document(plan_document(plan, destination, diff, text))
        return
    print_diff(terminal, diff)
    click.echo(f"\n{text}", nl=False)
    show_proofs(terminal, verdict)
    terminal.step("dry run: nothing was written")
