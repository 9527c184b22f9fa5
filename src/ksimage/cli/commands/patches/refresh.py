"""``ksimage patches refresh``: regenerate a patch's line numbers and context."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ksimage.cli.input.hooks import (
    clone_option,
    hook_below,
    pristine_option,
    read_hook,
    release_option,
)
from ksimage.cli.input.options import command, option, registry_options, settings

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal


@command("refresh", help="Regenerate a patch against a release.")
@click.argument("file", metavar="FILE")
@release_option("The release whose hook the patch is to fit exactly.")
@clone_option
@settings("Hooks", "source", "platforms")
@pristine_option
@option("Result", "--stdout", "Print the patch instead of rewriting FILE.")
@registry_options
def refresh(
    terminal: Terminal,
    /,
    file: str,
    release: str,
    clone: str | None,
    pristine: bool,
    stdout: bool,
    **values: object,
) -> None:
    """Regenerate offsets, counts and context of a patch file, as quilt does; its header stays.

    What a person changed by hand may have wrong counts; what no longer applies is refused. The
    patch is made to fit the hook that a build patches with it: with the shipped patches, and with
    those before it in its series. Shipped patches themselves are never rewritten: --stdout shows
    what would be.

    \b
      ksimage patches refresh my-patches/retries.patch --release v3.4.1 --clone ~/ks-installer
    """
    from ksimage.base import naming
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output import files
    from ksimage.errors import ShippedPatch
    from ksimage.patching.diff import refresh
    from ksimage.patching.series import is_shipped

    run = Invocation(terminal, values)
    path = Path(file)
    shipped = is_shipped(path)
    if shipped and not stdout:
        raise ShippedPatch(file, path.stem)
    old = files.read(path)
    tag = naming.release_tag(release)
    hook = (
        read_hook(run, tag, clone)
        if shipped
        else hook_below(run, tag, clone, path.parent, name=path.stem, alone=pristine)
    )
    refreshed = refresh(old, hook, path.stem, path=file, target=f"the hook of {release}")
    if stdout:
        click.echo(refreshed.data, nl=False)
        return
    if refreshed.changed:
        files.replace(path, refreshed.data)
        terminal.success(f"{file}: rewritten ({_moved(refreshed.applied.offset)})")
    else:
        terminal.success(f"{file}: fits as it is")
    terminal.result(file, {"file": file, "changed": refreshed.changed})


def _moved(offset: int) -> str:
    return f"it was off by {offset:+d} lines" if offset else "its lines were where it said"
