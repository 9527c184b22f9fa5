"""Roll out a patched hook as a ConfigMap: no image, no registry."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ksimage.cli.input.rollout import confirm

if TYPE_CHECKING:
    from ksimage.cli.input.rollout import Choices
    from ksimage.cli.output.terminal import Terminal
    from ksimage.cluster.kubectl import Kubectl
    from ksimage.cluster.pods import Pod
    from ksimage.cluster.rollout.mount import Mount, MountPlan
    from ksimage.inspection.verdict import Proof

_LEFT = (
    "the hook may be mounted already, and then the cluster goes on by itself; the same command"
    " waits on and proves, `ksimage rollout --undo` puts it back"
)


def mount_hook(terminal: Terminal, kubectl: Kubectl, choices: Choices, folder: Path) -> None:
    """The whole job. Raises MountUnusable, RolloutRefused, RolloutError, ClusterError."""
    from ksimage.cli.output.rollout import command_lines, document
    from ksimage.cluster.rollout import mount as mounts
    from ksimage.cluster.rollout import plan as rollouts

    mount = mounts.read(folder)
    kubectl.versions()
    situation = rollouts.survey(kubectl)
    planned = mounts.plan(mount, situation, kubectl.namespace)
    terminal.step(f"hook       {mount.release or 'unknown'} with {', '.join(mount.patches)}")
    terminal.step(f"installer  {situation.installer.image}, which stays")
    for line in planned.consequences:
        terminal.step(f"restart    {line}")
    _weigh(terminal, planned, choices)
    if choices.dry_run:
        made = document(kubectl, planned.commands, image=situation.installer.image, dry_run=True)
        terminal.result("\n".join(command_lines(kubectl, planned.commands)), made)
        return
    left = "nothing was changed"
    try:
        confirm(terminal, "Restart the installer?", yes=choices.yes)
        left = _LEFT
        pod, proofs = _carry_out(terminal, kubectl, planned, mount, choices)
    except (KeyboardInterrupt, click.Abort):
        terminal.warning(f"interrupted: {left}")
        raise click.exceptions.Exit(130) from None
    made = document(
        kubectl, planned.commands, image=pod.image, pod=pod, proofs=proofs, dry_run=False
    )
    terminal.result(mount.name, made)


def _weigh(terminal: Terminal, planned: MountPlan, choices: Choices) -> None:
    from ksimage.errors import RolloutRefused

    if planned.against and not choices.force:
        raise RolloutRefused(planned.against, busy=planned.busy)
    for sentence in planned.against:
        terminal.warning(f"--force in spite of this: {sentence}")


def _carry_out(
    terminal: Terminal, kubectl: Kubectl, planned: MountPlan, mount: Mount, choices: Choices
) -> tuple[Pod, list[Proof]]:
    from ksimage.cli.output.rollout import show_proofs
    from ksimage.cluster import state
    from ksimage.cluster.rollout import execution
    from ksimage.cluster.rollout import mount as mounts
    from ksimage.cluster.rollout.plan import Goal
    from ksimage.errors import RolloutUnproven

    for command in planned.commands:
        terminal.step(command.why)
        command.run(kubectl)
    made = planned.record
    goal = Goal(made.id, made.after.image, made.id)
    pod = execution.wait(kubectl, goal, terminal.step, seconds=choices.seconds)
    seen = execution.patiently(partial(state.look, kubectl, pod), terminal.step)
    proof = mounts.prove(mount, seen)
    show_proofs(terminal, [proof])
    if not proof.passed:
        raise RolloutUnproven(mount.name, [f"{proof.name}: {proof.detail}"])
    return pod, [proof]
