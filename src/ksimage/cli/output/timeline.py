"""The forms in which ``ksimage timeline`` gives its result, and the file it goes to."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from ksimage.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ksimage.cli.output.terminal import Terminal
    from ksimage.timeline.analysis import Analysis
    from ksimage.timeline.comparison import Comparison

Form = Literal["text", "html", "svg", "csv", "json", "trace"]
FORMS: Final[tuple[Form, ...]] = ("text", "html", "svg", "csv", "json", "trace")
_SUFFIXES: Final[dict[str, Form]] = {
    ".html": "html",
    ".htm": "html",
    ".svg": "svg",
    ".csv": "csv",
    ".json": "json",
    ".txt": "text",
}
_OF_TWO: Final = ("text", "html", "json")


class TimelineOutput(NamedTuple):
    """What the result is to be: its form, where it goes (None: stdout), rows of each table."""

    form: Form
    file: Path | None
    most: int


def wish(
    terminal: Terminal, form: str | None, file: Path | None, most: int, two: bool
) -> TimelineOutput:
    """Take the form from the flag, the file's name, ``--output json``, in this order.

    Raises:
        UsageError: a form that makes no sense there.
    """
    chosen = next((one for one in FORMS if one == form), None)
    if chosen is None and file is not None:
        chosen = "trace" if file.name.endswith(".trace.json") else _SUFFIXES.get(file.suffix)
        if chosen is None:
            raise UsageError(
                f"-o {file}: this name does not say which form is wanted",
                advice=[f"add --format {'|'.join(FORMS)}", "or end it in .html, .svg, .csv, …"],
            )
    if chosen is None:
        chosen = "json" if terminal.json else "text"
    if two and chosen not in _OF_TWO:
        raise UsageError(
            f"two runs are not compared as {chosen}",
            advice=[f"--format {'|'.join(_OF_TWO)}", "or one source at a time"],
        )
    if chosen == "html" and file is None and sys.stdout.isatty():
        raise UsageError(
            "a page is for a browser, not for a terminal", advice=["add -o timeline.html"]
        )
    return TimelineOutput(chosen, file, most)


def give(
    terminal: Terminal,
    wanted: TimelineOutput,
    analysis: Analysis,
    comparison: Comparison | None,
    refresh: int = 0,
) -> None:
    """Print the result, or write its file whole.

    Raises:
        CannotWrite: the operating system refused; the file is as it was.
    """
    if wanted.form == "json" and wanted.file is None:
        terminal.document(_document(analysis, comparison))
        return
    if wanted.file is None:
        bold: Callable[[str], str] = lambda text: terminal.style(text, sys.stdout, bold=True)  # noqa: E731
        terminal.result(_text(wanted, analysis, comparison, refresh, bold).rstrip("\n"))
        return
    from ksimage.locations.files.staging import write_atomic

    text = _text(wanted, analysis, comparison, refresh, str)
    write_atomic(wanted.file, text.encode("utf-8", "replace"))


def _text(
    wanted: TimelineOutput,
    analysis: Analysis,
    comparison: Comparison | None,
    refresh: int,
    bold: Callable[[str], str],
) -> str:
    if wanted.form == "html":
        from ksimage.timeline.page import page

        return page(analysis, comparison, refresh=refresh)
    if wanted.form == "svg":
        from ksimage.timeline.svg import picture

        return picture(analysis)
    if wanted.form == "csv":
        from ksimage.timeline.document import table

        return table(analysis)
    if wanted.form == "trace":
        from ksimage.timeline.trace import trace

        return json.dumps(trace(analysis), separators=(",", ":")) + "\n"
    if wanted.form == "json":
        from ksimage.cli.output.documents import as_json

        return as_json(_document(analysis, comparison)) + "\n"
    if comparison is not None:
        from ksimage.timeline.comparison import comparison_report

        return comparison_report(comparison, wanted.most, bold) + "\n"
    from ksimage.timeline.text import report

    return report(analysis, wanted.most, bold) + "\n"


def _document(analysis: Analysis, comparison: Comparison | None) -> dict[str, object]:
    from ksimage.timeline.document import comparison_document, document

    return document(analysis) if comparison is None else comparison_document(comparison)
