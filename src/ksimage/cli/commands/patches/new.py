"""``ksimage patches new``: edit a release's hook, keep the change as a patch file."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ksimage.cli.input.hooks import clone_option, hook_below, pristine_option, release_option
from ksimage.cli.input.options import command, option, registry_options, settings

if TYPE_CHECKING:
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output.terminal import Terminal


@command("new", help="Write a patch with an editor.")
@click.argument("name")
@release_option("The release whose hook is edited.")
@clone_option
@settings("Hooks", "source", "platforms")
@pristine_option
@option(
    "Result",
    "--dir DIR",
    "Where NAME.patch is written; the series file there gets a line for it, and a new folder "
    "gets a series file.  [default: here]",
    "directory",
    default=".",
)
@option("Result", "--edited FILE", "Take this edited hook instead of opening $VISUAL or $EDITOR.")
@option(
    "Result",
    "--description TEXT",
    "One line for the header; otherwise the header is left to be filled in.",
)
@registry_options
def new(
    terminal: Terminal,
    /,
    name: str,
    release: str,
    clone: str | None,
    pristine: bool,
    directory: str,
    edited: str | None,
    description: str | None,
    **values: object,
) -> None:
    """Open an editor on the hook that a build would patch, and write what changed as NAME.patch.

    That is the release's hook with the shipped patches, and with those that the folder's series has
    already. For a series that replaces the shipped one: --pristine.

    \b
      ksimage patches new retries --release v3.3.2 --clone ~/ks-installer --dir my-patches
      ksimage build v3.3.2 --patch-dir my-patches
    """
    from ksimage.base import naming
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output import files
    from ksimage.errors import FileExists, UsageError
    from ksimage.patching.diff import compose
    from ksimage.patching.series import DEFAULT

    run = Invocation(terminal, values)
    name = name.removesuffix(".patch")
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", name):
        raise UsageError(f"{name!r} is no name for a patch", advice=["such as: retries"])
    folder = Path(directory)
    path = folder / f"{name}.patch"
    if path.exists():
        raise FileExists([str(path)], ["choose another name", f"ksimage patches refresh {path}"])
    tag = naming.release_tag(release)
    new = _prepare(folder)
    try:
        before = hook_below(run, tag, clone, folder, alone=pristine)
        after = files.read(Path(edited)) if edited else _edit(before)
        data = compose(before, after, _header(tag, description), name=name)
        files.replace(path, data)
    except BaseException:
        if new:  # left behind it would not be new next time, and get no series file
            with suppress(OSError):
                folder.rmdir()
        raise
    terminal.success(f"wrote    {path}")
    series = folder / DEFAULT
    if new or series.is_file():
        files.replace(series, _with_line(b"" if new else files.read(series), path.name))
        terminal.step(f"added to {series}")
        use = f"--patch-dir {directory}"
    else:
        use = f"--patch {path}"
    terminal.step(f"use it:  {_build(run, tag, use, pristine)}")
    terminal.result(str(path), {"file": str(path)})


def _build(run: Invocation, tag: str, use: str, pristine: bool) -> str:
    """The command that builds with it, with what was typed here."""
    from ksimage.config.settings import DEFAULT_SOURCE

    words = ["ksimage build", tag, use]
    if pristine:
        words.append("--patch-mode replace")
    if run.settings.source != DEFAULT_SOURCE:
        words.append(f"--from {run.settings.source}")
    return " ".join(words)


def _prepare(folder: Path) -> bool:
    """Make sure of the folder before somebody spends an hour in an editor; whether it is new."""
    from ksimage.errors import CannotWrite

    new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(folder, error) from error
    return new


def _edit(before: bytes) -> bytes:
    """The hook as the editor left it."""
    import subprocess
    import tempfile

    from ksimage.errors import UsageError

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise UsageError(
            "no editor is set", advice=["export EDITOR=vi", "or give the result: --edited FILE"]
        )
    with tempfile.TemporaryDirectory(prefix="ksimage-") as folder:
        path = Path(folder) / "installRunner.py"
        path.write_bytes(before)
        # A shell, as git does it: EDITOR may hold arguments.
        found = subprocess.run(["sh", "-c", f'{editor} "$1"', "sh", str(path)], check=False)
        if found.returncode != 0:
            raise UsageError(f"the editor ended with code {found.returncode}: nothing was written")
        return path.read_bytes()


def _header(tag: str, description: str | None) -> str:
    import datetime as dt

    from ksimage.patching.diff import header_template

    today = dt.datetime.now(tz=dt.timezone.utc).date().isoformat()
    author = os.environ.get("DEBFULLNAME") or os.environ.get("GIT_AUTHOR_NAME") or "unknown"
    text = header_template(author=author, date=today, releases=f"=={tag.removeprefix('v')}")
    if description and description.strip():
        # The template's description has a first line and one of explanation.
        fields = text.split("\n", 2)[2]
        return f"Description: {' '.join(description.split())}\n{fields}"
    return text


def _with_line(series: bytes, name: str) -> bytes:
    ending = b"" if not series or series.endswith(b"\n") else b"\n"
    return series + ending + name.encode() + b"\n"
