"""``ksimage timeline``: where an installation's time went."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ksimage.cli.input.cluster import cluster_options
from ksimage.cli.input.options import command, number, option
from ksimage.cli.output.timeline import FORMS

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal
    from ksimage.cli.output.timeline import TimelineOutput
    from ksimage.events.frames import EventSource
    from ksimage.redact.redactor import Redactor
    from ksimage.timeline.analysis import Analysis


@command("timeline", help="Show where an installation's time went: report, page, picture, trace.")
@click.argument("source", required=False, default="", metavar="[POD|DIR|BUNDLE|-]")
@click.argument("second", required=False, metavar="[SECOND]")
@option(
    "Result",
    "--format",
    "A report (text), one page for a browser (html), a picture of the lanes (svg), a row a "
    "task (csv), all of it (json), or Trace Event format for Perfetto and speedscope (trace)."
    "  [default: by FILE's name, else text]",
    "form",
    type=click.Choice(FORMS),
)
@option(
    "Result",
    "-o, --output-file FILE",
    "Write FILE instead of stdout.",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
)
@number("Result", "--top N", "Rows of each table of the report.", 15, "most")
@option(
    "Source",
    "--attempt N",
    "Of several starts of the pod, the Nth.  [default: the last]",
    type=click.IntRange(min=1),
)
@option(
    "Source",
    "--live",
    "Follow the pod and write FILE again and again until the installation has ended; an open "
    "page reads itself again.",
)
@number("Source", "--every SECONDS", "How often --live writes FILE.", 10)
@option(
    "Result",
    "--no-redact",
    "Show what failed tasks said as it is. Without this, passwords, tokens and keys in it "
    "are replaced.",
    "shows_secrets",
)
@cluster_options
def timeline(
    terminal: Terminal,
    /,
    source: str,
    second: str | None,
    form: str | None,
    file: Path | None,
    most: int,
    attempt: int | None,
    live: bool,
    every: int,
    shows_secrets: bool,
    **values: object,
) -> None:
    """Show phases, slow tasks, retries, failures, and what the web UI waited for: of the pod, a
    results folder, a bundle of `ksimage collect`, or a recording of `ksimage watch --save`.

    With a SECOND source, the two are laid over each other task by task: what became faster,
    slower, is new or gone since the first.

    \b
      ksimage timeline
      ksimage timeline results -o timeline.html
      ksimage timeline yesterday.tar.gz today.tar.gz
      ksimage timeline --live -o timeline.html
    """
    from ksimage.cli.input.cluster import kubectl_of
    from ksimage.cli.input.source import open_source
    from ksimage.cli.output.timeline import give, wish
    from ksimage.errors import UsageError
    from ksimage.redact.redactor import Redactor

    wanted = wish(terminal, form, file, most, two=second is not None)
    kubectl = kubectl_of(values)
    redactor = None if shows_secrets else Redactor()
    opened = open_source(source, kubectl, once=not live)
    if live:
        if file is None or second is not None or not opened.live:
            raise UsageError(
                "--live writes a file of one pod again and again",
                advice=["ksimage timeline --live -o timeline.html"],
            )
        follow(terminal, wanted, opened, every, redactor)
        return
    analysis = _read(opened, attempt, redactor)
    comparison = None
    if second is not None:
        from ksimage.timeline.comparison import compare

        before = analysis
        analysis = _read(open_source(second, kubectl, once=True), attempt, redactor)
        comparison = compare(before, analysis)
    give(terminal, wanted, analysis, comparison)
    if wanted.file is not None:
        terminal.step(f"wrote    {wanted.file}")
        terminal.result(str(wanted.file), {"file": str(wanted.file), "format": wanted.form})


def _read(source: EventSource, attempt: int | None, redactor: Redactor | None) -> Analysis:
    """All that the source has. Raises what it raises, and UsageError for an attempt too many."""
    from ksimage.cluster.files.follow import PodSource
    from ksimage.errors import UsageError
    from ksimage.events.frames import Chronicle
    from ksimage.timeline.analysis import analyse

    chronicle = Chronicle()
    with closing(source):
        for frame in source.frames():
            chronicle.take(frame)
    if not isinstance(source, PodSource):
        chronicle.cut()  # what still ran in a copy will never end
    attempts = [one for one in chronicle.attempts if one.runs] or chronicle.attempts
    if attempt is not None and attempt > len(attempts):
        raise UsageError(
            f"--attempt {attempt}: {source.title} has {len(attempts)}", advice=["leave it out"]
        )
    chosen = attempts[(attempt or len(attempts)) - 1]
    expected = chronicle.expected if chosen is chronicle.attempt else ()
    return analyse(chosen, source.title, redactor, expected)


def follow(
    terminal: Terminal,
    wanted: TimelineOutput,
    source: EventSource,
    every: float,
    redactor: Redactor | None,
) -> None:
    """Write the file every so many seconds. It ends with the installation, or with Ctrl-C."""
    from ksimage.cli.output.timeline import give
    from ksimage.events.frames import Chronicle
    from ksimage.events.phases import judge
    from ksimage.timeline.analysis import analyse

    chronicle = Chronicle()

    def write(refresh: int = 0) -> None:
        analysis = analyse(chronicle.attempt, source.title, redactor, chronicle.expected)
        give(terminal, wanted, analysis, None, refresh)

    written = 0.0
    try:
        with closing(source):
            for frame in source.frames():
                chronicle.take(frame)
                is_due = time.monotonic() - written >= every
                if not chronicle.live or not (is_due or frame["k"] in ("rc", "beat")):
                    continue
                if judge(chronicle.attempt, chronicle.expected).outcome != "running":
                    break
                if not is_due:
                    continue
                write(max(1, round(every)))
                if not written:
                    terminal.step(f"writing  {wanted.file} every {every} s; Ctrl-C ends it")
                written = time.monotonic()
    except KeyboardInterrupt:
        terminal.step("no longer following; the installation goes on")
    write()
    terminal.result(str(wanted.file), {"file": str(wanted.file), "format": wanted.form})
