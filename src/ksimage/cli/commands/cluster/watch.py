"""``ksimage watch``: what the installation does, until it has ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ksimage.cli.input.cluster import cluster_options
from ksimage.cli.input.options import command, number, option

if TYPE_CHECKING:
    from ksimage.cli.input.viewer import Progress
    from ksimage.cli.output.terminal import Terminal


@command("watch", help="Show what the installation does, until it has ended.")
@click.argument("source", required=False, default="", metavar="[POD|DIR|BUNDLE|-]")
@option(
    "Result",
    "--progress",
    "A screen (tty) or one line an event (plain).  [default: auto: by what stdout is]",
    type=click.Choice(["auto", "tty", "plain"]),
    default="auto",
)
@option(
    "Result",
    "--save FILE",
    "Also record all events in FILE (gzipped if its name ends in .gz), for `watch FILE`.",
    type=click.Path(path_type=Path, dir_okay=False),
)
@option(
    "Result",
    "--speed N",
    "Show a folder, bundle or recording again, N times as fast as it happened.",
    type=click.FloatRange(min=0.1, max=100_000),
)
@cluster_options
@number(
    "Cluster",
    "--patience SECONDS",
    "How long to try again when the pod is gone or does not answer.",
    300.0,
)
def watch(
    terminal: Terminal,
    /,
    source: str,
    progress: Progress,
    save: Path | None,
    speed: float | None,
    patience: float,
    **values: object,
) -> None:
    """Follow the events of ks-installer's playbooks: in the cluster, or as they were kept.

    Reads the event files in the installer's pod, with upstream's image too, and changes nothing
    there. Leaving (q or Ctrl-C) does not disturb the installation. A folder, a bundle of
    `ksimage collect` or a recording is judged at once; with --speed it is shown again.

    Exits with 0 only when the whole installation was seen to succeed; 24: a component failed;
    25: neither its end nor a failure was seen; 26: the pod is gone; 16: no access.

    \b
      ksimage watch
      ksimage watch --save run.jsonl.gz
      ksimage watch bundle.tar.gz --speed 60
    """
    from ksimage.cli.input.cluster import kubectl_of, typed
    from ksimage.cli.input.source import open_source
    from ksimage.cli.input.viewer import view
    from ksimage.cli.output.watch.session import Watching
    from ksimage.errors import UsageError

    kubectl = kubectl_of(values)
    opened = open_source(source, kubectl, patience=patience)
    if speed is not None and opened.live:
        raise UsageError(
            "--speed shows again what is over; a pod is followed as it goes",
            advice=["ksimage watch --save run.jsonl.gz, later: watch run.jsonl.gz --speed 60"],
        )
    words = typed(kubectl) if opened.live else [source]
    view(Watching(opened, terminal, save, speed, words), terminal, progress)
