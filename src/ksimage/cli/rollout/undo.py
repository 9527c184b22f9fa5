"""Put back what the last rollout changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ksimage.text import printable

if TYPE_CHECKING:
    from ksimage.cli.rollout.conversation import Conversation
    from ksimage.cluster.installer import Installer
    from ksimage.cluster.kubectl import Command


def undo(talk: Conversation) -> None:
    """The whole job. Raises RolloutRefused while an installation runs, without --force."""
    from ksimage.cli.output.rollout import document
    from ksimage.cluster import installer
    from ksimage.cluster.rollout import execution
    from ksimage.cluster.rollout import undo as undoing

    terminal, kubectl = talk.terminal, talk.kubectl
    found = installer.find(kubectl)
    alone = undoing.verbosity_alone(found)
    if alone is not None:
        made = talk.run_once_more(alone, found.image)
        if made is not None:
            terminal.result(printable(found.image), made)
        return
    planned = undoing.plan(found, f"deployment ks-installer in {kubectl.namespace}")
    for note in planned.notes:
        terminal.warning(note)
    terminal.step(f"installer  {found.image}")
    terminal.step(f"becomes    {planned.image}")
    every = (planned.restart, planned.level, planned.finish, planned.removal)
    commands = [command for command in every if command]
    if talk.dry_run:
        talk.show_commands(commands, planned.image)
        return
    pod = None
    with talk.interruptible():
        if planned.restart:
            _require_idle(talk, found)
            talk.confirm("Restart the installer?")
            talk.left = (
                "the image of before may be back already; `ksimage rollout --undo` does the rest"
            )
            terminal.step(planned.restart.why)
            execution.insist(
                kubectl, found, planned.restart, partial(undoing.restart_again, made=planned.made)
            )
            _run(talk, planned.level)
            goal = undoing.goal(planned)
            pod = execution.wait(kubectl, goal, terminal.step, seconds=talk.seconds)
            found = installer.find(kubectl)
        terminal.step(planned.finish.why)
        last = undoing.finish(found, planned.made)
        execution.insist(kubectl, found, last, partial(undoing.finish_again, made=planned.made))
        for command in (None if planned.restart else planned.level, planned.removal):
            _run(talk, command)
    terminal.success(f"undone: the Deployment asks for {planned.image}")
    made = document(kubectl, commands, image=planned.image, pod=pod)
    terminal.result(printable(planned.image), made)


def _run(talk: Conversation, command: Command | None) -> None:
    if command is not None:
        talk.terminal.step(command.why)
        command.run(talk.kubectl)


def _require_idle(talk: Conversation, found: Installer) -> None:
    from ksimage.cluster import state
    from ksimage.cluster.rollout.plan import busy_sentence
    from ksimage.errors import RolloutRefused

    seen, unseen = state.look_if_possible(talk.kubectl, found.pod)
    if unseen:
        talk.terminal.warning(f"whether an installation runs is not known: {unseen}")
    busy = busy_sentence(seen)
    if busy and not talk.force:
        raise RolloutRefused([busy], busy=True)
    if busy and found.pod is not None:
        talk.save_results(found.pod)
