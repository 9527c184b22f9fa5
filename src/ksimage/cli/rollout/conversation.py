"""What every way of rolling out says and asks: the dry run, the question, objections, proofs."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ksimage.cli.output.terminal import Terminal
    from ksimage.cluster.installer import Pod
    from ksimage.cluster.kubectl import Command, Kubectl
    from ksimage.inspection.verdict import Proof


@dataclass
class Conversation:
    """With whom, about which cluster, and the flags that every way of rolling out has.

    Attributes:
        way: ``auto``, ``patch`` or ``scale``.
        seconds: to wait for the new pod.
        left: what an interruption would leave now.
    """

    terminal: Terminal
    kubectl: Kubectl
    dry_run: bool = False
    yes: bool = False
    force: bool = False
    way: str = "auto"
    seconds: float = 300.0
    left: str = "nothing was changed"

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Say what an interruption leaves."""
        try:
            yield
        except (KeyboardInterrupt, click.Abort):
            self.terminal.warning(f"interrupted: {self.left}")
            raise click.exceptions.Exit(130) from None

    def confirm(self, question: str) -> None:
        """Ask on a terminal. Raises UsageError where nobody can be asked, Exit for a no."""
        from ksimage.errors import UsageError

        if self.yes:
            return
        if not (sys.stdin and sys.stdin.isatty()):
            raise UsageError(
                "this restarts the installer, and there is nobody to ask",
                advice=["add --yes; or look first: --dry-run"],
            )
        if not click.confirm(question, err=True):
            self.terminal.warning("nothing was changed")
            raise click.exceptions.Exit(0)

    def weigh(self, against: Sequence[str], *, busy: bool) -> None:
        """Go on in spite of what speaks against it? Raises RolloutRefused without --force."""
        from ksimage.errors import RolloutRefused

        if against and not self.force:
            raise RolloutRefused(against, busy=busy)
        for sentence in against:
            self.terminal.warning(f"--force in spite of this: {sentence}")

    def show_commands(self, commands: Sequence[Command], image: str) -> None:
        """The result of a dry run."""
        from ksimage.cli.output.rollout import command_lines, document

        made = document(self.kubectl, commands, image=image, dry_run=True)
        lines = command_lines(self.kubectl, commands)
        self.terminal.result("\n".join(lines) or "# nothing to change", made)

    def run_once_more(self, command: Command, image: str) -> dict[str, object] | None:
        """Show the one command that makes the installer run again, or ask and run it.

        Returns:
            The result's document; None after ``--dry-run``, whose result is out already.
        """
        from ksimage.cli.output.rollout import document

        if self.dry_run:
            self.show_commands([command], image)
            return None
        self.confirm("Run the installer once more?")
        command.run(self.kubectl)
        self.terminal.success(command.why)
        return document(self.kubectl, [command], image=image)

    def save_results(self, pod: Pod) -> None:
        """Save what an installation at work has written, which the restart would lose."""
        from ksimage.cluster.files.packing import save

        saved = save(self.kubectl, pod, Path.cwd())
        self.terminal.step(f"saved      {saved} (holds secrets: ksimage collect redacts)")

    def require(self, proofs: Sequence[Proof], target: str) -> None:
        """Show the proofs. Raises RolloutUnproven about ``target`` when one failed."""
        from ksimage.cli.output.rollout import show_proofs
        from ksimage.errors import RolloutUnproven

        show_proofs(self.terminal, proofs)
        failures = [f"{proof.name}: {proof.detail}" for proof in proofs if proof.passed is False]
        if failures:
            raise RolloutUnproven(target, failures)
