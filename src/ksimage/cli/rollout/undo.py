"""Put back what the last rollout changed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ksimage.cli.input.rollout import confirm
from ksimage.cli.rollout.configuration import run_once_more
from ksimage.text import printable

if TYPE_CHECKING:
    from ksimage.cli.input.rollout import Choices
    from ksimage.cli.output.terminal import Terminal
    from ksimage.cluster.command import Command
    from ksimage.cluster.installer import Installer
    from ksimage.cluster.kubectl import Kubectl


def undo(terminal: Terminal, kubectl: Kubectl, choices: Choices) -> None:
    """The whole job. Raises RolloutRefused while an installation runs, without --force."""
    from ksimage.cli.output.rollout import command_lines, document
    from ksimage.cluster import installer
    from ksimage.cluster.rollout import execution
    from ksimage.cluster.rollout import undo as undoing

    found = installer.find(kubectl)
    alone = undoing.verbosity_alone(found)
    if alone is not None:
        _put_verbosity_back(terminal, kubectl, choices, found, alone)
        return
    planned = undoing.plan(found, f"deployment ks-installer in {kubectl.namespace}")
    for note in planned.notes:
        terminal.warning(note)
    terminal.step(f"installer  {found.image}")
    terminal.step(f"becomes    {planned.image}")
    every = (planned.restart, planned.level, planned.finish, planned.removal)
    commands = [command for command in every if command]
    if choices.dry_run:
        lines = command_lines(kubectl, commands)
        made = document(kubectl, commands, image=planned.image, dry_run=True)
        terminal.result("\n".join(lines), made)
        return
    left = "nothing was changed"
    pod = None
    try:
        if planned.restart:
            _require_idle(terminal, kubectl, found, choices)
            confirm(terminal, "Restart the installer?", yes=choices.yes)
            left = "the image of before may be back already; `ksimage rollout --undo` does the rest"
            terminal.step(planned.restart.why)
            execution.insist(
                kubectl, found, planned.restart, partial(undoing.restart_again, made=planned.made)
            )
            _run(terminal, kubectl, planned.level)
            pod = execution.wait(
                kubectl, undoing.goal(planned), terminal.step, seconds=choices.seconds
            )
            found = installer.find(kubectl)
        terminal.step(planned.finish.why)
        last = undoing.finish(found, planned.made)
        execution.insist(kubectl, found, last, partial(undoing.finish_again, made=planned.made))
        for command in (None if planned.restart else planned.level, planned.removal):
            _run(terminal, kubectl, command)
    except KeyboardInterrupt:
        terminal.warning(f"interrupted: {left}")
        raise click.exceptions.Exit(130) from None
    terminal.success(f"undone: the Deployment asks for {planned.image}")
    terminal.result(
        printable(planned.image),
        document(kubectl, commands, image=planned.image, pod=pod, dry_run=False),
    )


def _run(terminal: Terminal, kubectl: Kubectl, command: Command | None) -> None:
    if command is not None:
        terminal.step(command.why)
        command.run(kubectl)


def _put_verbosity_back(
    terminal: Terminal, kubectl: Kubectl, choices: Choices, found: Installer, command: Command
) -> None:
    made = run_once_more(terminal, kubectl, choices, found, command)
    if made is not None:
        terminal.result(printable(found.image), made)


def _require_idle(terminal: Terminal, kubectl: Kubectl, found: Installer, choices: Choices) -> None:
    from ksimage.cluster import state
    from ksimage.cluster.files import results
    from ksimage.cluster.rollout import objections
    from ksimage.errors import RolloutRefused

    pod = found.pod
    seen, unseen = state.look_if_possible(kubectl, pod)
    if unseen:
        terminal.warning(f"whether an installation runs is not known: {unseen}")
    busy = objections.busy_sentence(seen)
    if busy and not choices.force:
        raise RolloutRefused([busy], busy=True)
    if busy and pod is not None:
        saved = results.save(kubectl, pod, Path.cwd())
        terminal.step(f"saved      {saved} (holds secrets: ksimage collect redacts)")
