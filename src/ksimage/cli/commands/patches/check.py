"""``ksimage patches check``: which patch applies to which release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.cli.input import completion
from ksimage.cli.input.hooks import clone_option, read_hook
from ksimage.cli.input.options import command, option, registry_options, settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output.terminal import Terminal
    from ksimage.errors import NotFound
    from ksimage.hook.matrix import Cell, HookRow
    from ksimage.patching.series import Series


@command("check", help="Try every patch on every release.")
@option(
    "Hooks",
    "--release RELEASE",
    "Only this release; may be given several times.  [default: those of ksimage.yaml]",
    "names",
    multiple=True,
    shell_complete=completion.release_names,
)
@option("Hooks", "--all", "Every known release.", "everything")
@clone_option
@settings("Hooks", "source", "platforms")
@settings("Patches", "patches.dir", "patches.mode")
@registry_options
def check(
    terminal: Terminal,
    /,
    names: tuple[str, ...],
    everything: bool,
    clone: str | None,
    **values: object,
) -> None:
    """Try every patch alone, and the default series with its proof, on the hooks of releases.

    A number is the offset of the patch's hunks in lines; `-` means that the patch's header
    excludes the release. Exits with 5 when a patch is refused.

    \b
      ksimage patches check --all --clone ~/ks-installer
      ksimage patches check --release v3.3.2 --from harbor.lan/kubesphereio
    """
    from ksimage.build import patcher
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output.documents.lists import matrix_document
    from ksimage.errors import PatchesRefused
    from ksimage.hook import matrix

    run = Invocation(terminal, values)
    series = patcher.load_series(run.settings)
    hooks = _hooks(run, _wanted(run, names, everything), clone)
    rows = matrix.check(hooks, series)
    if terminal.json:
        terminal.document(matrix_document(rows))
    else:
        terminal.result(_table(rows))
        _reasons(terminal, rows)
        _figures(terminal, rows, series)
    bad = [row.release for row in rows if not row.good]
    if bad:
        raise PatchesRefused(bad, len(rows))


def _wanted(run: Invocation, names: Sequence[str], everything: bool) -> list[str]:
    from ksimage.config.selection import expand
    from ksimage.errors import UsageError
    from ksimage.upstream import releases

    if everything and names:
        raise UsageError("--all and --release were both given", advice=["leave one of them out"])
    if everything:
        return [release.tag for release in releases.all_releases()]
    if names:
        return [releases.find(name).tag for name in names]
    configured = [chosen.release for chosen in expand(run.settings.releases)]
    if configured:
        return configured
    raise UsageError(
        "no release was named", advice=["--release v3.3.2", "or --all  (every known release)"]
    )


def _hooks(run: Invocation, wanted: Sequence[str], clone: str | None) -> dict[str, bytes]:
    """The hooks by release; those that are not there are left out with a warning."""
    tried = {release: _hook(run, release, clone) for release in wanted}
    found = {release: hook for release, hook in tried.items() if isinstance(hook, bytes)}
    for release, error in tried.items():
        if isinstance(error, bytes):
            continue
        if not found:
            raise error
        run.terminal.warning(f"{release}: {error.message}")
    return found


def _hook(run: Invocation, release: str, clone: str | None) -> bytes | NotFound:
    """A release's hook, or why it is not there."""
    from ksimage.errors import NotFound, UpstreamWithdrawn

    try:
        return read_hook(run, release, clone)
    except UpstreamWithdrawn:
        raise  # so are all the others
    except NotFound as error:
        return error


def _table(rows: Sequence[HookRow]) -> str:
    from ksimage.cli.output.lines import aligned

    headers = ["release", *(cell.patch for cell in rows[0].cells), "series"]
    lines = [[row.release, *map(_shown, row.cells), _shown(row.series)] for row in rows]
    return "\n".join(aligned([headers, *lines]))


def _shown(cell: Cell) -> str:
    from ksimage.hook import matrix

    words = {matrix.EXCLUDED: "-", matrix.REFUSED: "REFUSED", matrix.UNSUPPORTED: "unsupported"}
    if cell.status in words:
        return words[cell.status]
    return f"{cell.offset:+d}" if cell.offset else "ok"


def _reasons(terminal: Terminal, rows: Sequence[HookRow]) -> None:
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


def _figures(terminal: Terminal, rows: Sequence[HookRow], series: Series) -> None:
    """Counted by distinct hooks: several tags share one."""
    from ksimage.hook import matrix

    tried = {row.sha256: row for row in rows if row.series.status != matrix.UNSUPPORTED}
    for number, patch in enumerate(series):
        cells = [row.cells[number] for row in tried.values()]
        meant = [cell for cell in cells if cell.status != matrix.EXCLUDED]
        good = [cell for cell in meant if cell.status != matrix.REFUSED]
        terminal.step(f"{patch.name}: {len(good)} of {len(meant)} distinct hooks")
