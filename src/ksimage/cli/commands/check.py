"""``ksimage check``: is what the registry holds still what a build would make?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ksimage.cli.input import completion
from ksimage.cli.input.options import command, option, patch_options, registry_options, settings

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal


@command("check", help="Find images whose base, patches or tag have changed.")
@click.argument("names", nargs=-1, metavar="[RELEASE]...", shell_complete=completion.release_names)
@option(
    "Result",
    "--format",
    "Form of the table on stdout; json is the same as --output json.",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
)
@settings("Base image", "source", "platforms")
@patch_options
@settings("Result", "tag", "target", "labels", "jobs")
@registry_options
def check(
    terminal: Terminal, /, names: tuple[str, ...], form: str | None, **values: object
) -> None:
    """Compare what the registry holds with what a build would make: digests and labels, no layers.

    Without names, everything that ksimage.yaml lists is checked. Exits with 0 when all is up to
    date and with 12 when something needs a build.

    \b
      ksimage check
      ksimage check v3.3.2 --from harbor.lan/kubesphereio
    """
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.input.order import check_releases
    from ksimage.cli.output.findings import require_checked, show
    from ksimage.errors import Outdated

    findings = check_releases(Invocation(terminal, values, pushes=True), names)
    show(terminal, findings, form)
    require_checked(terminal, findings)
    needed = [finding.release for finding in findings if finding.needs_build]
    if needed:
        raise Outdated(needed, len(findings))
    terminal.success(f"all {len(findings)} images are up to date")
