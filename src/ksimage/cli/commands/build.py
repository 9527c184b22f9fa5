"""``ksimage build``: the main job, for one release or several."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from ksimage.cli.input import completion
from ksimage.cli.input.options import command, option, patch_options, registry_options, settings
from ksimage.cli.input.projects import create_project_option

if TYPE_CHECKING:
    from ksimage.build.make import Built, Destination
    from ksimage.build.plan import Plan
    from ksimage.cli.input.session import Session
    from ksimage.cli.output.results import Files
    from ksimage.cli.output.terminal import Terminal
    from ksimage.locations.transfer import Progress


@command("build", help="Patch a release's installer image and prove the result.")
@click.argument(
    "what", nargs=-1, metavar="[RELEASE|IMAGE]...", shell_complete=completion.release_names
)
@option(
    "Base image",
    "--all",
    "everything",
    is_flag=True,
    help="Build every release that ksimage.yaml lists.",
)
@settings("Base image", "source", "platforms")
@patch_options
@option(
    "Result",
    "--to",
    metavar="LOCATION",
    help="Where the result goes: a registry reference, oci:DIR, oci-archive:FILE, "
    "docker-archive:FILE or docker-daemon:[NAME].",
)
@option(
    "Result",
    "--push",
    is_flag=True,
    help="Send the result to --target, or to the registry the base came from.",
)
@option(
    "Result",
    "--replace",
    is_flag=True,
    help="Replace what the tag holds; a registry keeps it as <tag>-orig.",
)
@create_project_option("Result")
@option(
    "Result",
    "--smoke-test/--no-smoke-test",
    "smoke_test",
    default=None,
    help="Run the hook with --config in the Docker Engine before naming the image.  [default: "
    "where the image goes to the engine anyway]",
)
@option(
    "Result",
    "--dry-run",
    is_flag=True,
    help="Write nothing: show the plan, the diff and the Dockerfile.",
)
@settings("Result", "tag", "target", "labels", "engine", "jobs")
@option(
    "Result",
    "--fail-fast",
    is_flag=True,
    help="Of several builds, start no more after the first failure.",
)
@option(
    "Result",
    "--metadata-file",
    metavar="FILE",
    help="Write what was built as JSON into FILE.",
)
@option(
    "Result",
    "--image-refs",
    metavar="FILE",
    help="Write NAME@DIGEST of every image into FILE, one a line.",
)
@registry_options
@click.pass_obj
def build(
    terminal: Terminal,
    /,
    what: tuple[str, ...],
    everything: bool,
    to: str | None,
    push: bool,
    replace: bool,
    create_project: str | None,
    smoke_test: bool | None,
    dry_run: bool,
    fail_fast: bool,
    metadata_file: str | None,
    image_refs: str | None,
    **values: Any,
) -> None:
    """Patch the hook of a ks-installer image and prove the result.

    RELEASE is an upstream tag such as v3.3.2; IMAGE is any image instead of it.

    \b
      ksimage build v3.3.2 --verbose
      ksimage build v3.3.2 --verbose --from docker-daemon:kubesphere/ks-installer
      ksimage build v3.3.2 --verbose --from harbor.lan/kubesphereio --push
      ksimage build v3.4.1 --from oci:kubekey/images --to oci-archive:patched.tar
      ksimage build --all --push
    """
    from ksimage.base import naming
    from ksimage.build import make
    from ksimage.cli.commands import build_many
    from ksimage.cli.input.session import Session
    from ksimage.cli.output.results import Files

    named = [text for text in what if naming.is_location(text)]
    login = [to, *([] if push else named)]
    session = Session(terminal, values, login=login, pushes=push)
    wanted = build_many.work(what, everything, session.settings)
    make.require_destination([item.what for item in wanted], session.settings, to=to, push=push)
    order = Order(
        session,
        to=to,
        push=push,
        replace=replace,
        create_project=create_project,
        smoke_test=smoke_test,
    )
    files = Files(metadata_file, image_refs)
    files.require_writable()
    if len(wanted) > 1:
        build_many.run(terminal, order, wanted, files, fail_fast=fail_fast, dry_run=dry_run)
    elif dry_run:
        _dry_run(terminal, order, wanted[0].what, wanted[0].base)
    else:
        _one(terminal, order, wanted[0].what, wanted[0].base, files)


class Order:
    """What was asked of every build of this run."""

    def __init__(
        self,
        session: Session,
        *,
        to: str | None,
        push: bool,
        replace: bool,
        create_project: str | None = None,
        smoke_test: bool | None = None,
    ) -> None:
        self.session = session
        self.to, self.push, self.replace = to, push, replace
        self.create_project = create_project
        self.smoke_test = smoke_test

    def plan(
        self, what: str, base: str | None, reading: Progress | None = None
    ) -> tuple[Plan, Destination]:
        """Plan one build and decide where it goes. The caller closes the plan's source."""
        from ksimage.build import make

        plan = self.session.plan(what, base_digest=base, shown=reading)
        try:
            settings = self.session.settings
            destination = make.choose(plan, settings, to=self.to, push=self.push)
        except BaseException:
            plan.source.close()
            raise
        terminal = self.session.terminal
        terminal.step(f"engine   {destination.engine}: {destination.why}")
        terminal.step(f"result   {destination.location}")
        return plan, destination

    def make(
        self, what: str, base: str | None, progress: Progress, reading: Progress | None = None
    ) -> Built:
        """Plan and carry out one build; ``reading`` shows the base's layers."""
        from ksimage.build import make
        from ksimage.cli.input.projects import ensure_project

        plan, destination = self.plan(what, base, reading)
        try:
            ensure_project(self.session, destination.location, self.create_project)
            return make.make(
                plan,
                destination,
                options=self.session.options(destination.location),
                overwrite=self.replace,
                jobs=self.session.settings.jobs,
                progress=progress,
                smoke_test=self.smoke_test,
            )
        finally:
            plan.source.close()


def _one(terminal: Terminal, order: Order, what: str, base: str | None, files: Files) -> None:
    from ksimage.build import batch
    from ksimage.cli.output.documents import build_document
    from ksimage.cli.output.progress import progress
    from ksimage.cli.output.results import report, show

    started = time.monotonic()
    with progress(terminal) as shown:
        built = order.make(what, base, shown)
    seconds = time.monotonic() - started
    show(terminal, built, seconds)
    row = batch.Row(built.plan.release, batch.state_of(built), seconds, built)
    terminal.result(built.published.reference, build_document(built))
    files.write([row])
    report(terminal, [row])


def _dry_run(terminal: Terminal, order: Order, what: str, base: str | None) -> None:
    from ksimage.build import make
    from ksimage.cli.commands.diff import as_text, hook_diff, print_diff
    from ksimage.cli.commands.render import dockerfile
    from ksimage.cli.output.documents import plan_document
    from ksimage.cli.output.proofs import show_proofs

    plan, destination = order.plan(what, base)
    try:
        first = plan.platforms[0]
        diff = hook_diff(first.patched)
        text = dockerfile(plan, first)
        verdict = make.prove(plan, make.derived(plan, destination.location))
    finally:
        plan.source.close()
    if terminal.json:
        terminal.document(plan_document(plan, destination, as_text(diff), text))
        return
    print_diff(terminal, diff)
    click.echo(f"\n{text}", nl=False)
    show_proofs(terminal, verdict)
    terminal.step("dry run: nothing was written")
