"""Several builds of one command: what is to be built, how it is shown, what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ksimage.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.build.batch import Row, Stop
    from ksimage.build.make import Built
    from ksimage.cli.commands.build import Order
    from ksimage.cli.output.results import Files
    from ksimage.cli.output.terminal import Terminal
    from ksimage.config.settings import Settings


class Work(NamedTuple):
    """One build: a release or image, and the digest that its base is pinned to, or None."""

    what: str
    base: str | None = None


def work(what: Sequence[str], everything: bool, settings: Settings) -> list[Work]:
    """What is to be built: the arguments, or everything that ksimage.yaml lists.

    Raises:
        UsageError: neither or both.
        BadReference, UnknownTransport: an image that is none.
    """
    from ksimage.config.selection import expand

    if everything and what:
        raise UsageError("--all and names were both given", advice=["leave one of them out"])
    pinned = {chosen.release: chosen.base for chosen in expand(settings.releases)}
    if everything:
        if not pinned:
            raise UsageError(
                "--all has nothing to build",
                why="no release is listed in ksimage.yaml",
                advice=['add to it:  releases: [v3.3.2, ">=3.4,<3.5"]'],
            )
        return [Work(release, base) for release, base in pinned.items()]
    if not what:
        raise UsageError(
            "nothing to build was named",
            advice=["ksimage build v3.3.2", "ksimage build --all  (what ksimage.yaml lists)"],
        )
    return [Work(name, pinned.get(name)) for name in dict.fromkeys(map(_canonical, what))]


def run(
    terminal: Terminal,
    order: Order,
    wanted: Sequence[Work],
    files: Files,
    *,
    fail_fast: bool,
    dry_run: bool,
) -> None:
    """Build all, show a line for each as it is ready, then the table.

    Raises:
        BuildsFailed: at least one of them failed.
    """
    from ksimage.build import batch
    from ksimage.cli.output import results
    from ksimage.cli.output.tables import aligned

    if dry_run:
        raise UsageError("--dry-run shows one build at a time", advice=["name one release"])
    _require_distinct(order)
    pins = {item.what: item.base for item in wanted}
    said: dict[str, list[str]] = {}

    def build_one(what: str, stop: Stop) -> Built:
        from ksimage.cli.output.progress import lines, reading_lines

        kept = said.setdefault(what, []) if terminal.in_ci else None
        with terminal.part(what, kept):
            return order.make(
                what,
                pins[what],
                stop.watching(lines(terminal, what)),
                stop.watching(reading_lines(terminal, what)),
            )

    def finished(row: Row) -> None:
        if terminal.in_ci:
            terminal.replay(f"{row.release}: {row.state.value}", said.get(row.release, []))
        with terminal.part(row.release):
            if row.built:
                results.show(terminal, row.built, row.seconds, brief=True)
            elif row.error:
                terminal.explain(row.error)

    rows = batch.run(
        [item.what for item in wanted],
        build_one,
        jobs=order.session.settings.jobs,
        fail_fast=fail_fast,
        finished=finished,
    )
    # Digests are shortened: they stand in full on stdout.
    shown = [(*row[:3], row[3][:19], *row[4:]) for row in results.table(rows)]
    for line in aligned([results.HEADERS, *shown]):
        terminal.step(line)
    references = [row.built.published.reference for row in rows if row.built]
    terminal.result("\n".join(references), results.rows_document(rows))
    files.write(rows)
    results.report(terminal, rows)
    batch.require(rows)


def _canonical(name: str) -> str:
    """Upstream's spelling of a release; anything else as it is, but an image must have a name."""
    from ksimage.base import naming
    from ksimage.errors import UnknownRelease
    from ksimage.locations import spec
    from ksimage.upstream import releases

    if naming.is_location(name):
        spec.parse(name)  # now, before others are built and the table repeats what is no name
    try:
        return releases.find(name).tag
    except UnknownRelease:
        return name


def _require_distinct(order: Order) -> None:
    """Refuse what would put one build in the place of another."""
    from ksimage.base import naming

    if order.to and order.to.startswith(("oci-archive:", "docker-archive:")):
        raise UsageError(
            f"several images cannot go into one file, {order.to}",
            advice=["--to oci:DIR holds several", "or leave --to out: one file for each"],
        )
    tag = order.session.settings.tag
    if order.to and naming.target_location(order.to, "a") == naming.target_location(order.to, "b"):
        raise UsageError(
            f"several images cannot all be {order.to}", advice=["leave the tag out of --to"]
        )
    if "{release}" not in tag and "{digest8}" not in tag:
        raise UsageError(
            f"several images cannot all have the tag {tag!r}", advice=["--tag '{release}-debug'"]
        )
