"""``ksimage check``: is what the registry holds still what a build would make?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ksimage.cli.input import completion
from ksimage.cli.input.options import command, option, patch_options, registry_options, settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.build.staleness import Finding
    from ksimage.cli.input.session import Session
    from ksimage.cli.output.terminal import Terminal

HEADERS = ("release", "state", "image", "reason")


@command("check", help="Find images whose base, patches or tag have changed.")
@click.argument("names", nargs=-1, metavar="[RELEASE]...", shell_complete=completion.release_names)
@option(
    "Result",
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    help="Form of the table on stdout; json is the same as --output json.",
)
@settings("Base image", "source", "platforms")
@patch_options
@settings("Result", "tag", "target", "labels", "jobs")
@registry_options
@click.pass_obj
def check(terminal: Terminal, /, names: tuple[str, ...], form: str | None, **values: Any) -> None:
    """Compare what the registry holds with what a build would make: digests and labels, no layers.

    Without names, everything that ksimage.yaml lists is checked. Exits with 0 when all is up to
    date and with 12 when something needs a build.

    \b
      ksimage check
      ksimage check v3.3.2 --from harbor.lan/kubesphereio
    """
    from ksimage.cli.input.session import Session
    from ksimage.errors import Outdated

    session = Session(terminal, values, pushes=True)
    findings = run(session, names)
    _present(terminal, findings, form)
    require_checked(terminal, findings)
    needed = [finding.release for finding in findings if finding.needs_build]
    if needed:
        raise Outdated(needed, len(findings))
    terminal.success(f"all {len(findings)} images are up to date")


def require_checked(terminal: Terminal, findings: Sequence[Finding]) -> None:
    """Explain what could not be checked. Raises ChecksFailed when anything could not."""
    from ksimage.build.staleness import State
    from ksimage.errors import ChecksFailed

    failed = [finding for finding in findings if finding.state is State.FAILED]
    for finding in failed:
        if finding.error:
            with terminal.part(finding.release):
                terminal.explain(finding.error)
    if failed:
        raise ChecksFailed([finding.release for finding in failed], len(findings))


def run(session: Session, names: Sequence[str]) -> list[Finding]:
    """Check the named releases, or all that are configured, some at once.

    Raises:
        UnknownRelease, UnsupportedRelease, UsageError.
    """
    from ksimage.base import naming
    from ksimage.build import staleness as library
    from ksimage.cli.commands.build_many import work
    from ksimage.errors import UsageError
    from ksimage.threads import Threads

    settings = session.settings
    wanted = work([naming.release_tag(name) for name in names], not names, settings)
    if settings.target is None:
        raise UsageError(
            "there is nowhere to look for the images",
            why="neither --target nor --from names a registry of yours",
            advice=["--target harbor.lan/kubesphereio"],
        )
    target = settings.target
    with Threads(settings.jobs, "check") as pool:
        return list(
            pool.map(
                lambda item: library.check(
                    item.what, item.base, settings, options=session.options, target=target
                ),
                wanted,
            )
        )


def document(findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings as JSON."""
    from ksimage.cli.output.documents import error_document

    return {
        "images": [
            {
                "release": finding.release,
                "state": finding.state.value,
                "reasons": list(finding.reasons),
                "image": finding.image,
                "tag": finding.tag,
                "digest": finding.digest or None,
                "base_digest": finding.base_digest or None,
                "error": error_document(finding.error) if finding.error else None,
            }
            for finding in findings
        ]
    }


def _present(terminal: Terminal, findings: Sequence[Finding], form: str | None) -> None:
    from ksimage.ci.markdown import table
    from ksimage.cli.output.tables import aligned

    rows = [(f.release, f.state.value, f.image, "; ".join(f.reasons)) for f in findings]
    markdown = table(HEADERS, rows, codes=("image",))
    if terminal.in_ci:
        terminal.ci.summary("### ksimage check\n\n" + markdown)
    if form == "json" or (terminal.json and form is None):
        terminal.document(document(findings))
    elif form == "markdown":
        terminal.result(markdown.rstrip())
    else:
        terminal.result("\n".join(aligned([HEADERS, *rows])))
