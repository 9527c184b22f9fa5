"""``ksimage init``: a commented ksimage.yaml, and a CI system's workflow."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ksimage.cli.input import completion
from ksimage.cli.input.options import command, option, settings
from ksimage.errors import BadOption

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal


@command("init", help="Write a commented ksimage.yaml and a CI workflow.")
@click.argument(
    "releases", nargs=-1, metavar="[RELEASE|RANGE]...", shell_complete=completion.release_names
)
@option(
    "Files",
    "--ci",
    "Also write the workflow of this CI system.",
    type=click.Choice(["github", "gitlab"]),
)
@option("Files", "--dir DIR", "Where to write.  [default: here]", "directory", default=".")
@option("Files", "--force", "Overwrite files that are there.")
@option("Files", "--runner LABEL", "GitHub: the runner's label.")
@option("Files", "--branch NAME", "GitHub: the branch whose pushes start it.")
@option(
    "Files",
    "--requirement SPEC",
    "GitHub: what pip is to install, such as a wheel's address.  [default: ksimage from the "
    "wheels in .github/wheels, and from no index]",
)
@option(
    "Files",
    "--action OWNER/REPO@COMMIT",
    "GitHub: take ksimage from its own action at this commit instead of installing it.",
)
@option(
    "Files",
    "--image REFERENCE",
    "GitLab: image of ksimage for the jobs.  [default: the target registry's tools/ksimage]",
)
@settings("Settings", "source", "target", "verbosity", "tag")
def init(
    terminal: Terminal,
    /,
    releases: tuple[str, ...],
    ci: str | None,
    directory: str,
    force: bool,
    runner: str | None,
    branch: str | None,
    requirement: str | None,
    action: str | None,
    image: str | None,
    **values: object,
) -> None:
    """Write a commented ksimage.yaml, and with --ci a complete workflow. Nothing is overwritten.

    \b
      ksimage init v3.3.2 ">=3.4,<3.5" --from harbor.lan/kubesphereio --ci github
    """
    from ksimage.ci import starter
    from ksimage.ci.detect import System
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output.documents.lists import files_document

    # A ksimage.yaml that is there already has no say in what a new one holds.
    terminal.configure("config", "/dev/null")
    run = Invocation(terminal, values, releases=list(releases))
    given = {"runner": runner, "branch": branch, "requirement": requirement, "image": image}
    given["action"] = _pinned(action)
    chosen: dict[str, str] = {name: value for name, value in given.items() if value}
    system = System(ci) if ci else System.PLAIN
    found = starter.files(run.settings, system, **chosen)
    written = starter.write(found, Path(directory), force=force)
    for path in written:
        terminal.step(f"wrote    {path}")
    if ci:
        if system is System.GITHUB and not (requirement or action):
            terminal.step("next: put ksimage beside the workflow, in a clone of its repository:")
            terminal.step(f"  pip wheel --wheel-dir {Path(directory).resolve()}/{starter.WHEELS} .")
        terminal.step("next: set the secrets KSIMAGE_USERNAME and KSIMAGE_PASSWORD (docs/ci.md)")
    terminal.result("\n".join(map(str, written)), files_document(written))


def _pinned(action: str | None) -> str | None:
    """An action's name, which must say a commit: a tag or branch can be moved."""
    if action is not None and not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action):
        raise BadOption("--action", "is OWNER/REPOSITORY@COMMIT, with a commit of 40 hex digits")
    return action
