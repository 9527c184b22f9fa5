"""``ksimage diff``: what the patches change in the hook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ksimage.cli.input import completion
from ksimage.cli.input.options import command, registry_options, settings

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal
    from ksimage.patching.apply import SeriesResult

_STYLES = {"+": {"fg": "green"}, "-": {"fg": "red"}, "@": {"fg": "cyan"}}


@command("diff", help="Show what the patches change in the hook.")
@click.argument("what", metavar="RELEASE|IMAGE", shell_complete=completion.release_names)
@settings("Base image", "source", "platforms")
@settings("Patches", "patches.with", "patches.without", "patches.files")
@settings("Patches", "patches.dir", "patches.mode")
@registry_options
@click.pass_obj
def diff(terminal: Terminal, /, what: str, **values: Any) -> None:
    """Show what the patches change in the hook, as a unified diff.

    \b
      ksimage diff v3.3.2 --from harbor.lan/kubesphereio
      ksimage diff v3.3.2 --from docker-archive:ks-installer.tar | patch -p1 installRunner.py
    """
    from ksimage.base import naming
    from ksimage.cli.input.session import Session

    plan = Session(terminal, values, login=[what] if naming.is_location(what) else []).plan(what)
    plan.source.close()
    patched = plan.platforms[0].patched
    diff = hook_diff(patched)
    if terminal.json:
        terminal.document(
            {
                "release": plan.release,
                "base": str(plan.location),
                "hook": {"before": patched.before_sha256, "after": patched.after_sha256},
                "diff": as_text(diff),
            }
        )
    else:
        print_diff(terminal, diff)


def hook_diff(patched: SeriesResult) -> bytes:
    """The unified diff of the hook."""
    from ksimage.patching.diff import unified

    return unified(patched.before, patched.after)


def as_text(data: bytes) -> str:
    """A diff or patch for a JSON document; bytes that are not UTF-8 are shown escaped."""
    return data.decode("utf-8", "backslashreplace")


def print_diff(terminal: Terminal, diff: bytes) -> None:
    """A diff on stdout: coloured and harmless on a terminal, elsewhere byte for byte a patch."""
    import sys

    from ksimage.cli.output.terminal import clean

    if not terminal.colored(sys.stdout) and not sys.stdout.isatty():
        sys.stdout.buffer.write(diff)
        sys.stdout.flush()
        return
    for line in clean(as_text(diff)).removesuffix("\n").split("\n"):
        style = {} if line.startswith(("+++", "---")) else _STYLES.get(line[:1], {})
        click.echo(
            terminal.style(line, sys.stdout, **style) if style else line,
            color=terminal.colored(sys.stdout),
        )
