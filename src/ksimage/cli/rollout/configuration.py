"""Change the ClusterConfiguration: the verbosity, or one component to be installed again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ksimage.cli.rollout.conversation import Conversation
    from ksimage.cluster.installer import Installer
    from ksimage.cluster.kubectl import Command

BEGIN_SECONDS = 60.0
"""Within which a hook begins after a change of spec."""


def set_verbosity(talk: Conversation, level: int | None) -> None:
    """Set spec.debug.verbosity, or take it out. Raises RolloutRefused, ClusterError."""
    from ksimage.cluster import installer
    from ksimage.cluster.rollout import configuration

    found = installer.find(talk.kubectl)
    command = configuration.verbosity(found, level)
    if level:
        talk.terminal.warning(configuration.SECRETS)
    _change(talk, found, command)


def run_component(talk: Conversation, name: str) -> None:
    """Have a component installed again. Raises ComponentUnknown, RolloutRefused, ClusterError."""
    from ksimage.cluster import installer
    from ksimage.cluster.rollout import configuration

    found = installer.find(talk.kubectl)
    _change(talk, found, configuration.component(found, name), name)


def _change(talk: Conversation, found: Installer, command: Command, name: str = "") -> None:
    from ksimage.cluster import state
    from ksimage.cluster.rollout import configuration
    from ksimage.cluster.rollout.plan import busy_sentence, cluster_release
    from ksimage.errors import RolloutRefused

    terminal = talk.terminal
    seen, _ = state.look_if_possible(talk.kubectl, found.pod)
    for line in configuration.meaning(found, cluster_release(found), name):
        terminal.step(f"means      {line}")
    busy = busy_sentence(seen)
    if busy and name and not talk.force:
        raise RolloutRefused([busy, "the change would wait for its end, and may be overwritten"])
    if busy:
        terminal.warning(f"{busy}; one more run is queued behind it")
    made = talk.run_once_more(command, found.image)
    if made is None:
        return
    if seen is not None and not seen.busy:
        _await_begin(talk, found)
    terminal.step(terminal.complete("next: ksimage watch", ""))
    terminal.result("", made)


def _await_begin(talk: Conversation, found: Installer) -> None:
    from ksimage.cluster import state

    deadline = time.monotonic() + BEGIN_SECONDS
    while time.monotonic() < deadline:
        seen, _ = state.look_if_possible(talk.kubectl, found.pod)
        if seen is not None and seen.busy:
            talk.terminal.success("the installer has begun")
            return
        time.sleep(1)
    talk.terminal.warning(f"no hook has begun within {BEGIN_SECONDS:g} s: ksimage status")
