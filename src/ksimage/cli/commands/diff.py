"""``ksimage diff``: what the patches change in the hook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ksimage.cli.input import completion
from ksimage.cli.input.options import command, registry_options, settings

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal


@command("diff", help="Show what the patches change in the hook.")
@click.argument("what", metavar="RELEASE|IMAGE", shell_complete=completion.release_names)
@settings("Base image", "source", "platforms")
@settings("Patches", "patches.with", "patches.without", "patches.files")
@settings("Patches", "patches.dir", "patches.mode")
@registry_options
def diff(terminal: Terminal, /, what: str, **values: object) -> None:
    """Show what the patches change in the hook, as a unified diff.

    \b
      ksimage diff v3.3.2 --from harbor.lan/kubesphereio
      ksimage diff v3.3.2 --from docker-archive:ks-installer.tar | patch -p1 installRunner.py
    """
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output.diffs import as_text, print_diff
    from ksimage.cli.output.documents.builds import diff_document
    from ksimage.patching.diff import unified

    plan = Invocation(terminal, values, login=[what]).plan(what, soundness="ignore", prove=False)
    plan.source.close()
    patched = plan.platforms[0].patched
    found = unified(patched.before, patched.after)
    if terminal.json:
        terminal.document(diff_document(plan, as_text(found)))
    else:
        print_diff(terminal, found)
