"""Change the ClusterConfiguration: the verbosity, or one component to be installed again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ksimage.cli.input.rollout import confirm

if TYPE_CHECKING:
    from ksimage.cli.input.rollout import Choices
    from ksimage.cli.output.terminal import Terminal
    from ksimage.cluster.command import Command
    from ksimage.cluster.installer import Installer
    from ksimage.cluster.kubectl import Kubectl
    from ksimage.cluster.state import State

BEGIN_SECONDS = 60.0
"""Within which a hook begins after a change of spec."""


def set_verbosity(
    terminal: Terminal, kubectl: Kubectl, choices: Choices, level: int | None
) -> None:
    """Set spec.debug.verbosity, or take it out. Raises RolloutRefused, ClusterError."""
    from ksimage.cluster import installer
    from ksimage.cluster.rollout import configuration

    found = installer.find(kubectl)
    command = configuration.verbosity(found, level)
    if level:
        terminal.warning(configuration.SECRETS)
    _change(terminal, kubectl, choices, found, command)


def run_component(terminal: Terminal, kubectl: Kubectl, choices: Choices, name: str) -> None:
    """Have a component installed again. Raises ComponentUnknown, RolloutRefused, ClusterError."""
    from ksimage.cluster import installer
    from ksimage.cluster.rollout import configuration

    found = installer.find(kubectl)
    command = configuration.component(found, name)
    _change(terminal, kubectl, choices, found, command, name)


def _change(
    terminal: Terminal,
    kubectl: Kubectl,
    choices: Choices,
    found: Installer,
    command: Command,
    name: str = "",
) -> None:
    from ksimage.cluster.rollout import configuration, objections
    from ksimage.errors import RolloutRefused

    seen = _seen(kubectl, found)
    for line in configuration.meaning(found, objections.cluster_release(found), name):
        terminal.step(f"means      {line}")
    busy = objections.busy_sentence(seen)
    if busy and name and not choices.force:
        raise RolloutRefused([busy, "the change would wait for its end, and may be overwritten"])
    if busy:
        terminal.warning(f"{busy}; one more run is queued behind it")
    made = run_once_more(terminal, kubectl, choices, found, command)
    if made is None:
        return
    if seen is not None and not seen.busy:
        _await_begin(terminal, kubectl, found)
    terminal.step("next: ksimage watch")
    terminal.result("", made)


def _seen(kubectl: Kubectl, found: Installer) -> State | None:
    from ksimage.cluster import state

    return state.look_if_possible(kubectl, found.pod)[0]


def _await_begin(terminal: Terminal, kubectl: Kubectl, found: Installer) -> None:
    deadline = time.monotonic() + BEGIN_SECONDS
    while time.monotonic() < deadline:
        seen = _seen(kubectl, found)
        if seen is not None and seen.busy:
            terminal.success("the installer has begun")
            return
        time.sleep(1)
    terminal.warning(f"no hook has begun within {BEGIN_SECONDS:g} s: ksimage status")


def run_once_more(
    terminal: Terminal, kubectl: Kubectl, choices: Choices, found: Installer, command: Command
) -> dict[str, object] | None:
    """Show the one command that makes the installer run again, or ask and run it.

    Returns:
        The result's document; None after ``--dry-run``, whose result is out already.
    """
    from ksimage.cli.output.rollout import command_lines, document

    made = document(kubectl, [command], image=found.image, dry_run=choices.dry_run)
    if choices.dry_run:
        terminal.result("\n".join(command_lines(kubectl, [command])), made)
        return None
    confirm(terminal, "Run the installer once more?", yes=choices.yes)
    command.run(kubectl)
    terminal.success(command.why)
    return made
