"""Tables in Markdown, for step summaries and merge request notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ksimage.ci.escape import cell, code


def table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, codes: Sequence[str] = ()
) -> str:
    """A table; columns whose header is in ``codes`` are set in code style.

    Headers are the program's own words; the cells may hold anything.
    """
    lines = ["| " + " | ".join(headers) + " |", "|" + "---|" * len(headers)]
    for row in rows:
        texts = [
            code(text) if header in codes else cell(text)
            for header, text in zip(headers, row, strict=True)
        ]
        lines.append("| " + " | ".join(texts) + " |")
    return "\n".join(lines) + "\n"
