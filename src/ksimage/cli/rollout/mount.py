"""Roll out a patched hook as a ConfigMap: no image, no registry."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ksimage.cli.rollout.conversation import Conversation
    from ksimage.cluster.installer import Pod
    from ksimage.cluster.rollout.mount import Mount, MountPlan
    from ksimage.inspection.verdict import Proof

_LEFT = (
    "the hook may be mounted already, and then the cluster goes on by itself; the same command"
    " waits on and proves, `ksimage rollout --undo` puts it back"
)


def mount_hook(talk: Conversation, folder: Path) -> None:
    """The whole job. Raises MountUnusable, RolloutRefused, RolloutError, ClusterError."""
    from ksimage.cli.output.rollout import document
    from ksimage.cluster.rollout import mount as mounts
    from ksimage.cluster.rollout import plan as rollouts

    terminal, kubectl = talk.terminal, talk.kubectl
    mount = mounts.read(folder)
    kubectl.versions()
    situation = rollouts.survey(kubectl)
    planned = mounts.plan(mount, situation, kubectl.namespace)
    terminal.step(f"hook       {mount.release or 'unknown'} with {', '.join(mount.patches)}")
    terminal.step(f"installer  {situation.installer.image}, which stays")
    for line in planned.consequences:
        terminal.step(f"restart    {line}")
    talk.weigh(planned.against, busy=planned.busy)
    if talk.dry_run:
        talk.show_commands(planned.commands, situation.installer.image)
        return
    with talk.interruptible():
        talk.confirm("Restart the installer?")
        talk.left = _LEFT
        pod, proof = _carry_out(talk, planned, mount)
    made = document(kubectl, planned.commands, image=pod.image, pod=pod, proofs=[proof])
    terminal.result(mount.name, made)


def _carry_out(talk: Conversation, planned: MountPlan, mount: Mount) -> tuple[Pod, Proof]:
    from ksimage.cluster import state
    from ksimage.cluster.rollout import execution
    from ksimage.cluster.rollout import mount as mounts
    from ksimage.cluster.rollout.plan import Goal

    kubectl, tell = talk.kubectl, talk.terminal.step
    for command in planned.commands:
        tell(command.why)
        command.run(kubectl)
    made = planned.record
    goal = Goal(made.id, made.after.image, made.id)
    pod = execution.wait(kubectl, goal, tell, seconds=talk.seconds)
    seen = execution.patiently(partial(state.look, kubectl, pod), tell)
    proof = mounts.prove(mount, seen)
    talk.require([proof], mount.name)
    return pod, proof
