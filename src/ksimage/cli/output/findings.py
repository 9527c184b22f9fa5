"""What a check of a fleet found: a table, and an explanation of what could not be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.build.staleness import Finding
    from ksimage.cli.output.terminal import Terminal

HEADERS = ("release", "state", "image", "reason")


def require_checked(terminal: Terminal, findings: Sequence[Finding]) -> None:
    """Explain what could not be checked. Raises ChecksFailed when anything could not."""
    from ksimage.build.staleness import Staleness
    from ksimage.errors import ChecksFailed

    failed = [finding for finding in findings if finding.state is Staleness.FAILED]
    for finding in failed:
        if finding.error:
            with terminal.part(finding.release):
                terminal.explain(finding.error)
    if failed:
        raise ChecksFailed([finding.release for finding in failed], len(findings))


def show(terminal: Terminal, findings: Sequence[Finding], form: str | None) -> None:
    """The table on stdout, in the form that was asked for, and on a CI system's summary page."""
    from ksimage.ci.escape import table
    from ksimage.cli.output.documents.lists import findings_document
    from ksimage.cli.output.lines import aligned

    rows = [(f.release, f.state.value, f.image, "; ".join(f.reasons)) for f in findings]
    markdown = table(HEADERS, rows, codes=("image",))
    if terminal.in_ci:
        terminal.ci.summary("### ksimage check\n\n" + markdown)
    if form == "json" or (terminal.json and form is None):
        terminal.document(findings_document(findings))
    elif form == "markdown":
        terminal.result(markdown.rstrip())
    else:
        terminal.result("\n".join(aligned([HEADERS, *rows])))
