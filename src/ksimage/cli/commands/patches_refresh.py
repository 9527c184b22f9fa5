"""``ksimage patches refresh``: regenerate a patch's line numbers and context."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ksimage.cli.input import completion
from ksimage.cli.input.hooks import clone_option, read_hook
from ksimage.cli.input.options import command, option, registry_options, settings

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal


@command("refresh", help="Regenerate a patch against a release.")
@click.argument("file", metavar="FILE")
@option(
    "Hooks",
    "--release",
    required=True,
    metavar="RELEASE",
    shell_complete=completion.release_names,
    help="The release whose hook the patch is to fit exactly.",
)
@clone_option
@settings("Hooks", "source", "platforms")
@option(
    "Result",
    "--stdout",
    is_flag=True,
    help="Print the patch instead of rewriting FILE.",
)
@registry_options
@click.pass_obj
def patches_refresh(
    terminal: Terminal,
    /,
    file: str,
    release: str,
    clone: str | None,
    stdout: bool,
    **values: Any,
) -> None:
    """Regenerate offsets, counts and context of a patch file, as quilt does; its header stays.

    What a person changed by hand may have wrong counts; what no longer applies is refused.

    \b
      ksimage patches refresh my-patches/retries.patch --release v3.4.1 --clone ~/ks-installer
    """
    from ksimage.base import naming
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output import files
    from ksimage.patching.refresh import refresh

    run = Invocation(terminal, values)
    path = Path(file)
    old = files.read(path)
    hook = read_hook(run, naming.release_tag(release), clone)
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
