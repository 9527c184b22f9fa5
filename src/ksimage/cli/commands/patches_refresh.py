"""``ksimage patches refresh``: regenerate a patch's line numbers and context."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ksimage.cli.commands.patches_check import CLONE
from ksimage.cli.input import completion
from ksimage.cli.input.options import command, option, registry_options, settings

if TYPE_CHECKING:
    from ksimage.cli.input.session import Session
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
@CLONE
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
    from ksimage.cli.input.session import Session
    from ksimage.errors import CannotRead
    from ksimage.patching.refresh import refresh

    session = Session(terminal, values)
    path = Path(file)
    try:
        old = path.read_bytes()
    except OSError as error:
        raise CannotRead(path, error) from error
    hook = read_hook(session, release, clone)
    refreshed = refresh(old, hook, path.stem, path=file, target=f"the hook of {release}")
    if stdout:
        click.echo(refreshed.data, nl=False)
        return
    if refreshed.changed:
        replace_file(path, refreshed.data)
        terminal.success(f"{file}: rewritten ({_moved(refreshed.applied.offset)})")
    else:
        terminal.success(f"{file}: fits as it is")
    terminal.result(file, {"file": file, "changed": refreshed.changed})


def _moved(offset: int) -> str:
    return f"it was off by {offset:+d} lines" if offset else "its lines were where it said"


def read_hook(session: Session, release: str, clone: str | None) -> bytes:
    """The pristine hook of a release, from a clone or an image."""
    from ksimage.base import naming
    from ksimage.hook import pristine

    tag = naming.release_tag(release)
    if clone:
        return pristine.from_clone(Path(clone), tag)
    return pristine.from_image(tag, session.settings, session.options)


def replace_file(path: Path, data: bytes) -> None:
    """Write a file by renaming a finished one over it; its mode stays. Raises CannotWrite."""
    import os
    import tempfile

    from ksimage.errors import CannotWrite

    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as new:
            try:
                new.write(data)
                new.flush()
                mode = path.stat().st_mode if path.exists() else 0o644
                os.fchmod(new.fileno(), mode & 0o777)
                Path(new.name).replace(path)
            except BaseException:
                Path(new.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise CannotWrite(path, error) from error
