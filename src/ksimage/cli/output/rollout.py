"""What a rollout is about to do, and what came of it, for people and for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.cluster.kubectl import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.cli.output.terminal import Terminal
    from ksimage.cluster.installer import Pod
    from ksimage.cluster.kubectl import Command, Kubectl
    from ksimage.cluster.rollout.plan import RolloutPlan
    from ksimage.inspection.verdict import Proof


def show_plan(terminal: Terminal, planned: RolloutPlan) -> None:
    """The image, where it goes, and what that means, before anything is changed."""
    found, candidate = planned.situation.installer, planned.candidate
    terminal.step(f"image      {candidate.reference}@{candidate.digest}")
    terminal.step(f"it is      {candidate.about}, {', '.join(candidate.platforms)}")
    maker = "KubeKey's" if found.by_kubekey else "not KubeKey's"
    terminal.step(f"installer  {found.image} ({maker} Deployment)")
    terminal.step(f"becomes    {planned.image}")
    for line in planned.consequences:
        terminal.step(f"restart    {line}")


def show_proofs(terminal: Terminal, proofs: Sequence[Proof]) -> None:
    """One line a proof."""
    for proof in proofs:
        say = terminal.success if proof.passed else terminal.skipped
        if proof.passed is not False:
            say(f"{proof.name}: {proof.detail}")


def command_lines(kubectl: Kubectl, commands: Sequence[Command]) -> list[str]:
    """Exactly what is run, with what it is for."""
    lines = []
    for command in commands:
        line = shown(kubectl.argv(*command.words))
        lines += [f"# {command.why}", f"{line} << 'END'" if command.stdin else line]
        lines += [command.stdin, "END"] if command.stdin else []
    return lines


def document(
    kubectl: Kubectl,
    commands: Sequence[Command],
    *,
    image: str,
    dry_run: bool = False,
    up_to_date: bool = False,
    before: str | None = None,
    pod: Pod | None = None,
    proofs: Sequence[Proof] = (),
) -> dict[str, object]:
    """As JSON. Keys stay; see docs/json.md."""
    return {
        "image": image,
        "dry_run": dry_run,
        "up_to_date": up_to_date,
        "commands": [
            {"why": command.why, "argv": kubectl.argv(*command.words), "stdin": command.stdin}
            for command in commands
        ],
        "before": before,
        "pod": pod
        and {
            "name": pod.name,
            "node": pod.node,
            "image_id": pod.image_id,
            "container": pod.boot,
            "started": pod.started,
        },
        "proofs": [proof._asdict() for proof in proofs],
    }
