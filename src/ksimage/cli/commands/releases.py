"""``ksimage releases``: what upstream shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.cli.input.options import command, option

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal


@command("releases", help="List the upstream releases that ksimage knows.")
@option("Result", "--all", "Also those that are not supported, with the reason.", "everything")
def releases(terminal: Terminal, /, everything: bool) -> None:
    """List the upstream tags of ks-installer with their date and the sha256 of their hook."""
    from ksimage.cli.output.documents.lists import releases_document
    from ksimage.cli.output.lines import aligned
    from ksimage.upstream import releases as library

    known = library.all_releases() if everything else library.supported()
    rows = [
        (
            release.tag,
            release.date,
            release.sha256,
            f"not supported: {release.reason}" if release.reason else "",
        )
        for release in known
    ]
    terminal.result("\n".join(aligned(rows)), releases_document(known))
