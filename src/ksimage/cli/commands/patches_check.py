"""``ksimage patches check``: which patch applies to which release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ksimage.cli.input import completion
from ksimage.cli.input.options import command, option, registry_options, settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.cli.input.session import Session
    from ksimage.cli.output.terminal import Terminal
    from ksimage.errors import NotFound
    from ksimage.hook.matrix import Cell, Row

CLONE = option(
    "Hooks",
    "--clone",
    metavar="DIR",
    envvar="KS_INSTALLER_REPO",
    help="Take the hooks from a clone of kubesphere/ks-installer.  [env: KS_INSTALLER_REPO]",
)


@command("check", help="Try every patch on every release.")
@option(
    "Hooks",
    "--release",
    "names",
    multiple=True,
    metavar="RELEASE",
    shell_complete=completion.release_names,
    help="Only this release; may be given several times.  [default: those of ksimage.yaml]",
)
@option(
    "Hooks",
    "--all",
    "everything",
    is_flag=True,
    help="Every known release.",
)
@CLONE
@settings("Hooks", "source", "platforms")
@settings("Patches", "patches.dir", "patches.mode")
@registry_options
@click.pass_obj
def patches_check(
    terminal: Terminal,
    /,
    names: tuple[str, ...],
    everything: bool,
    clone: str | None,
    **values: Any,
) -> None:
    """Try every patch alone, and the default series with its proof, on the hooks of releases.

    A number is the offset of the patch's hunks in lines; `-` means that the patch's header
    excludes the release. Exits with 5 when a patch is refused.

    \b
      ksimage patches check --all --clone ~/ks-installer
      ksimage patches check --release v3.3.2 --from harbor.lan/kubesphereio
    """
    from ksimage.build import patcher
    from ksimage.cli.input.session import Session
    from ksimage.errors import PatchesRefused
    from ksimage.hook import matrix

    session = Session(terminal, values)
    series = patcher.load_series(session.settings)
    hooks = _hooks(session, _wanted(session, names, everything), clone)
    rows = matrix.check(hooks, series)
    if terminal.json:
        terminal.document(matrix.to_json(rows))
    else:
        terminal.result(_table(rows))
        _reasons(terminal, rows)
        _figures(terminal, rows, series)
    bad = [row.release for row in rows if not row.good]
    if bad:
        raise PatchesRefused(bad, len(rows))


def _wanted(session: Session, names: Sequence[str], everything: bool) -> list[str]:
    from ksimage.config.selection import expand
    from ksimage.errors import UsageError
    from ksimage.upstream import releases

    if everything and names:
        raise UsageError("--all and --release were both given", advice=["leave one of them out"])
    if everything:
        return [release.tag for release in releases.all_releases()]
    if names:
        return [releases.find(name).tag for name in names]
    configured = [chosen.release for chosen in expand(session.settings.releases)]
    if configured:
        return configured
    raise UsageError(
        "no release was named", advice=["--release v3.3.2", "or --all for every known release"]
    )


def _hooks(session: Session, wanted: Sequence[str], clone: str | None) -> dict[str, bytes]:
    """The hooks by release; those that are not there are left out with a warning."""
    tried = {release: _hook(session, release, clone) for release in wanted}
    found = {release: hook for release, hook in tried.items() if isinstance(hook, bytes)}
    for release, error in tried.items():
        if isinstance(error, bytes):
            continue
        if not found:
            raise error
        session.terminal.warning(f"{release}: {error.message}")
    return found


def _hook(session: Session, release: str, clone: str | None) -> bytes | NotFound:
    """A release's hook, or why it is not there."""
    from ksimage.errors import NotFound, UpstreamWithdrawn
    from ksimage.hook import pristine

    try:
        if clone:
            return pristine.from_clone(Path(clone), release)
        return pristine.from_image(release, session.settings, session.options)
    except UpstreamWithdrawn:
        raise  # so are all the others
    except NotFound as error:
        return error


def _table(rows: Sequence[Row]) -> str:
    from ksimage.cli.output.tables import aligned

    headers = ["release", *(cell.patch for cell in rows[0].cells), "series"]
    lines = [[row.release, *map(_shown, row.cells), _shown(row.series)] for row in rows]
    return "\n".join(aligned([headers, *lines]))


def _shown(cell: Cell) -> str:
    from ksimage.hook import matrix

    words = {matrix.EXCLUDED: "-", matrix.REFUSED: "REFUSED", matrix.UNSUPPORTED: "unsupported"}
    if cell.status in words:
        return words[cell.status]
    return f"{cell.offset:+d}" if cell.offset else "ok"


def _reasons(terminal: Terminal, rows: Sequence[Row]) -> None:
    from ksimage.hook import matrix

    for row in rows:
        if row.series.status == matrix.UNSUPPORTED:
            terminal.step(f"{row.release}: {row.series.reason}")
            continue
        for cell in (*row.cells, row.series):
            if cell.status == matrix.REFUSED:
                terminal.warning(f"{row.release}: {cell.patch or 'the series'}: {cell.reason}")
        if row.pristine is False:
            terminal.warning(f"{row.release}: the hook is not what upstream shipped")


def _figures(terminal: Terminal, rows: Sequence[Row], series: Any) -> None:
    """Counted by distinct hooks: several tags share one."""
    from ksimage.hook import matrix

    tried = {row.sha256: row for row in rows if row.series.status != matrix.UNSUPPORTED}
    for number, patch in enumerate(series):
        cells = [row.cells[number] for row in tried.values()]
        meant = [cell for cell in cells if cell.status != matrix.EXCLUDED]
        good = [cell for cell in meant if cell.status != matrix.REFUSED]
        terminal.step(f"{patch.name}: {len(good)} of {len(meant)} distinct hooks")
