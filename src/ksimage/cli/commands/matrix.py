"""``ksimage matrix``: one CI job per release."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from ksimage.cli.input import completion
from ksimage.cli.input.options import command, option, patch_options, registry_options, settings

if TYPE_CHECKING:
    from ksimage.ci.matrix import Job
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output.terminal import Terminal


@command("matrix", help="Print one CI job per release.")
@click.argument("names", nargs=-1, metavar="[RELEASE]...", shell_complete=completion.release_names)
@option(
    "Result",
    "--format",
    "For which CI system.  [default: the one that runs this, else json]",
    "form",
    type=click.Choice(["github", "gitlab", "json"]),
)
@option("Result", "--only-outdated", "Only releases that `ksimage check` would report.")
@settings("Base image", "source", "platforms")
@patch_options
@settings("Result", "tag", "target", "labels", "jobs")
@registry_options
def matrix(
    terminal: Terminal,
    /,
    names: tuple[str, ...],
    form: str | None,
    only_outdated: bool,
    **values: object,
) -> None:
    """Print one CI job per configured release, for GitHub Actions or GitLab.

    On GitHub the outputs `matrix` and `count` are set as well; an empty matrix fails a job there,
    so guard it with `if: needs.plan.outputs.count != '0'`.

    \b
      ksimage matrix --format github --only-outdated
      ksimage matrix --format gitlab > pipeline.yml
    """
    from ksimage.ci import matrix as library
    from ksimage.ci.detect import System, detect
    from ksimage.cli.input.invocation import Invocation

    run = Invocation(terminal, values, pushes=True)
    jobs = _outdated(run, names) if only_outdated else _jobs(run, names)
    system = {"github": System.GITHUB, "gitlab": System.GITLAB, "json": System.PLAIN}.get(
        form or "", detect(os.environ)
    )
    if terminal.json and form is None:
        system = System.PLAIN
    terminal.step(f"{len(jobs)} to build: {', '.join(job.release for job in jobs) or 'nothing'}")
    if terminal.in_ci and system is System.GITHUB:
        terminal.ci.outputs(library.github_outputs(jobs))
    terminal.result(library.render(jobs, system, os.environ).rstrip("\n"))


def _jobs(run: Invocation, names: tuple[str, ...]) -> list[Job]:
    from ksimage.base import naming
    from ksimage.ci.matrix import Job
    from ksimage.cli.input.order import releases

    settings = run.settings
    jobs = []
    for item in releases(run, names):
        tag = image = ""
        if "{digest8}" not in settings.tag:  # known only after a look at the base
            tag = naming.fill_tag(
                settings.tag, release=item.what, verbosity=settings.verbosity, digest=""
            )
            image = str(naming.target_location(settings.target, tag)) if settings.target else ""
        jobs.append(Job(item.what, tag, image))
    return jobs


def _outdated(run: Invocation, names: tuple[str, ...]) -> list[Job]:
    from ksimage.ci.matrix import Job
    from ksimage.cli.input.order import check_releases
    from ksimage.cli.output.findings import require_checked

    findings = check_releases(run, names)
    require_checked(run.terminal, findings)
    return [
        Job(finding.release, finding.tag, finding.image, finding.reason)
        for finding in findings
        if finding.needs_build
    ]
