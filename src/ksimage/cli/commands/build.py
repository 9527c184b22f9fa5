"""``ksimage build``: the main job, for one release or several."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

import click

from ksimage.cli.input import completion
from ksimage.cli.input.options import (
    command,
    create_project_option,
    option,
    patch_options,
    registry_options,
    repair_option,
    replace_option,
    settings,
)
from ksimage.errors import UsageError

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from ksimage.build.outcome import Built, ReleaseOutcome
    from ksimage.cli.input.order import Order, Work
    from ksimage.cli.output.results import Files
    from ksimage.cli.output.terminal import Terminal


@command("build", help="Patch a release's installer image and prove the result.")
@click.argument(
    "what", nargs=-1, metavar="[RELEASE|IMAGE]...", shell_complete=completion.release_names
)
@option("Base image", "--all", "Build every release that ksimage.yaml lists.", "everything")
@settings("Base image", "source", "platforms")
@repair_option
@patch_options
@option(
    "Result",
    "--to LOCATION",
    "Where the result goes: a registry reference, oci:DIR, oci-archive:FILE, "
    "docker-archive:FILE, docker-daemon:[NAME] or kubekey:PATH.",
)
@option("Result", "--push", "Send the result to --target, or to the registry the base came from.")
@replace_option
@create_project_option
@option(
    "Result",
    "--smoke-test/--no-smoke-test",
    "Run the hook with --config in the Docker Engine before naming the image.  [default: "
    "where the image goes to the engine anyway]",
    default=None,
)
@option("Result", "--dry-run", "Write nothing: show the plan, the diff and the Dockerfile.")
@settings("Result", "tag", "target", "labels", "engine", "jobs")
@option("Result", "--fail-fast", "Of several builds, start no more after the first failure.")
@option("Result", "--metadata-file FILE", "Write what was built as JSON into FILE.")
@option("Result", "--image-refs FILE", "Write NAME@DIGEST of every image into FILE, one a line.")
@registry_options
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
    repair: bool,
    dry_run: bool,
    fail_fast: bool,
    metadata_file: str | None,
    image_refs: str | None,
    **values: object,
) -> None:
    """Patch the hook of a ks-installer image and prove the result.

    RELEASE is an upstream tag such as v3.3.2; IMAGE is any image instead of it.

    \b
      ksimage build v3.3.2 --verbose
      ksimage build v3.3.2 --verbose --from docker-daemon:kubesphere/ks-installer
      ksimage build v3.3.2 --verbose --from harbor.lan/kubesphereio --push
      ksimage build v3.4.1 --from kubekey:artifact.tar.gz --to kubekey:patched.tar.gz
      ksimage build --all --push
    """
    from ksimage.base import naming
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.input.order import Order, work
    from ksimage.cli.output.results import Files

    named = [text for text in what if naming.is_location(text)]
    login = [to, *([] if push else named)]
    run = Invocation(terminal, values, login=login, pushes=push)
    wanted = work(what, everything, run.settings)
    order = Order(run, to, push, replace, create_project, smoke_test, repair)
    order.require_destination(wanted)
    files = Files(metadata_file, image_refs)
    files.require_writable()
    if len(wanted) > 1:
        _many(order, wanted, files, fail_fast=fail_fast, dry_run=dry_run)
    elif dry_run:
        _dry_run(order, wanted[0])
    else:
        _one(order, wanted[0], files)


def _one(order: Order, wanted: Work, files: Files) -> None:
    from ksimage.build.outcome import ReleaseOutcome, state_of
    from ksimage.cli.output.progress import progress
    from ksimage.cli.output.results import report, show, show_next

    terminal = order.run.terminal
    started = time.monotonic()
    with progress(terminal) as shown:
        built = order.make(wanted, shown)
    seconds = time.monotonic() - started
    show(terminal, built, seconds)
    show_next(terminal, built.published)
    outcome = ReleaseOutcome(built.plan.release, state_of(built), seconds, built)
    document = None
    if terminal.json:
        from ksimage.cli.output.documents.builds import build_document

        document = build_document(built)
    terminal.result(built.published.reference, document)
    files.write([outcome])
    report(terminal, [outcome])


def _many(
    order: Order, wanted: Sequence[Work], files: Files, *, fail_fast: bool, dry_run: bool
) -> None:
    """Build all, show a line for each as it is ready, then the table. Raises BuildsFailed."""
    from ksimage.build import batch
    from ksimage.cli.input.order import require_distinct
    from ksimage.cli.output import results
    from ksimage.cli.output.documents.builds import builds_document
    from ksimage.cli.output.lines import aligned
    from ksimage.cli.output.progress import Lines, ReadingLines

    if dry_run:
        raise UsageError("--dry-run shows one build at a time", advice=["name one release"])
    require_distinct(order)
    terminal = order.run.terminal
    by_name = {item.what: item for item in wanted}
    said: dict[str, list[str]] = {}

    def build_one(what: str, stop: threading.Event) -> Built:
        kept = said.setdefault(what, []) if terminal.in_ci else None
        with terminal.part(what, kept):
            sending, reading = Lines(terminal, what), ReadingLines(terminal, what)
            stoppable = batch.Stoppable(sending, stop), batch.Stoppable(reading, stop)
            return order.make(by_name[what], *stoppable)

    def finished(outcome: ReleaseOutcome) -> None:
        if terminal.in_ci:
            title = f"{outcome.release}: {outcome.state.value}"
            terminal.replay(title, said.get(outcome.release, []))
        with terminal.part(outcome.release):
            if outcome.built:
                results.show(terminal, outcome.built, outcome.seconds)
            elif outcome.error:
                terminal.explain(outcome.error)

    outcomes = batch.run(
        list(by_name),
        build_one,
        jobs=order.run.settings.jobs,
        fail_fast=fail_fast,
        finished=finished,
    )
    # Digests are shortened: they stand in full on stdout.
    shown = [(*cells[:3], cells[3][:19], *cells[4:]) for cells in results.table(outcomes)]
    for line in aligned([results.HEADERS, *shown]):
        terminal.step(line)
    references = [outcome.built.published.reference for outcome in outcomes if outcome.built]
    terminal.result("\n".join(references), builds_document(outcomes))
    files.write(outcomes)
    results.report(terminal, outcomes)
    batch.require(outcomes)


def _dry_run(order: Order, wanted: Work) -> None:
    from ksimage.build import context, make, outcome
    from ksimage.cli.output.diffs import as_text, print_diff
    from ksimage.cli.output.documents.builds import plan_document
    from ksimage.cli.output.inspection import show_count
    from ksimage.patching.diff import unified

    terminal = order.run.terminal
    plan, destination = order.plan(wanted)
    with closing(plan.source):
        first = plan.platforms[0]
        diff = unified(first.patched.before, first.patched.after)
        text = context.dockerfile(plan, first)
        verdict = outcome.prove(plan, make.derived(plan, destination.location))
    if terminal.json:
        terminal.document(plan_document(plan, destination, as_text(diff), text))
        return
    print_diff(terminal, diff)
    click.echo(f"\n{text}", nl=False)
    show_count(terminal, verdict)
    terminal.step("dry run: nothing was written")
