"""``ksimage status``: which installer runs, whose it is, what it does, what to type next."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from ksimage.cli.input.cluster import cluster_options, kubectl_of
from ksimage.cli.input.options import command, number, option, registry_options

if TYPE_CHECKING:
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output.terminal import Terminal
    from ksimage.cluster.kubectl import Kubectl
    from ksimage.cluster.status.overview import Status
    from ksimage.cluster.status.verdict import StatusVerdict

CLEAR = "\x1b[H\x1b[J"


@command("status", help="Show which installer runs, whose it is, and what it does.")
@option("Status", "--watch, -w", "Look again every few seconds, until Ctrl-C.", "refresh")
@number("Status", "--every SECONDS", "With -w: how often.", 3.0)
@cluster_options
@registry_options
def status(terminal: Terminal, /, refresh: bool, every: float, **values: object) -> None:
    """One look at the installer in the cluster; nothing is changed.

    Exits with 0 for a build of ksimage that is well, and with codes of their own for one that is
    not, for a foreign one, and where there is none: docs/exit-codes.md.

    \b
      ksimage status
      ksimage status -w
      ksimage status --output json
    """
    from ksimage.cli.input.invocation import Invocation

    kubectl = kubectl_of(values)
    invocation = Invocation(terminal, values)
    if refresh:
        _refresh(terminal, invocation, kubectl, every)
        return
    found, judged = _look(invocation, kubectl)
    _show(terminal, found, judged)
    _answer(found, judged)


def _look(invocation: Invocation, kubectl: Kubectl) -> tuple[Status, StatusVerdict]:
    from ksimage.cluster.status import overview as statuses
    from ksimage.cluster.status import verdict

    found = statuses.gather(kubectl, invocation.options)
    judged = verdict.judge(found)
    advice = tuple(invocation.terminal.complete(line, "") for line in judged.advice)
    return found, judged._replace(advice=advice)


def _show(terminal: Terminal, found: Status, judged: StatusVerdict) -> None:
    from ksimage.cli.output.status import document, lines

    terminal.result("\n".join(lines(found, judged)), document(found, judged))


def _answer(found: Status, judged: StatusVerdict) -> None:
    """The exit code. Raises InstallerForeign or InstallerUnwell."""
    from ksimage.errors import InstallerForeign, InstallerUnwell

    if found.identity is not None and not found.ours:
        raise InstallerForeign(str(found.identity))
    if judged.problems:
        raise InstallerUnwell(judged.problems)


def _refresh(terminal: Terminal, invocation: Invocation, kubectl: Kubectl, every: float) -> None:
    from ksimage.errors import ClusterError

    screen = sys.stdout.isatty() and not terminal.json
    try:
        while True:
            began = time.monotonic()
            try:
                found, judged = _look(invocation, kubectl)
            except ClusterError as error:
                terminal.warning(f"{error.message}: {error.why}")
            else:
                if screen:
                    click.echo(CLEAR, nl=False)
                _show(terminal, found, judged)
                if not screen and not terminal.json:
                    click.echo("")
            time.sleep(max(0.0, every - (time.monotonic() - began)))
    except KeyboardInterrupt:
        return
