"""``ksimage rollout``: bring an image into the cluster, and prove it there."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ksimage.cli.input.cluster import cluster_options, kubectl_of
from ksimage.cli.input.options import Option, command, registry_options

if TYPE_CHECKING:
    from ksimage.cli.input.session import Session
    from ksimage.cli.output.terminal import Terminal
    from ksimage.cluster.candidate import Candidate
    from ksimage.cluster.kubectl import Kubectl
    from ksimage.cluster.pods import Pod
    from ksimage.cluster.rollout import Plan, Situation
    from ksimage.inspection.proofs import Proof
    from ksimage.locations.spec import Location

SECTION = "Rollout"


@command("rollout", help="Bring an image into the cluster, and prove it in the pod.")
@click.argument("image", required=False)
@click.option(
    "--dry-run",
    is_flag=True,
    cls=Option,
    section=SECTION,
    help="Print the kubectl commands that would change the cluster, and change nothing.",
)
@click.option(
    "--yes", "-y", is_flag=True, cls=Option, section=SECTION, help="Do not ask before the restart."
)
@click.option(
    "--force",
    is_flag=True,
    cls=Option,
    section=SECTION,
    help="Go on in spite of what speaks against it. Of an installation that runs the results are"
    " saved first.",
)
@click.option(
    "--undo",
    is_flag=True,
    cls=Option,
    section=SECTION,
    help="Put back what the last rollout changed.",
)
@click.option(
    "--way",
    type=click.Choice(["auto", "patch", "scale"]),
    default="auto",
    cls=Option,
    section=SECTION,
    help="One patch, or stopped first and started anew.  [default: one patch, and the other where"
    " that is refused]",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=300.0,
    metavar="SECONDS",
    cls=Option,
    section=SECTION,
    help="How long to wait for the new pod.  [default: 300]",
)
@cluster_options
@registry_options
@click.pass_obj
def rollout(
    terminal: Terminal,
    /,
    image: str | None,
    dry_run: bool,
    yes: bool,
    force: bool,
    undo: bool,
    way: str,
    timeout: float,
    **values: Any,
) -> None:
    """Make the cluster's ks-installer run IMAGE, by digest, and prove in the pod that it does.

    IMAGE is what build printed, a tag of the running image's repository, or nothing: then the
    newest build of ksimage beside the running image is taken.

    \b
      ksimage rollout harbor.lan/kubesphereio/ks-installer@sha256:…
      ksimage rollout v3.3.2-debug --dry-run
      ksimage rollout --undo
    """
    from ksimage.cli.input.session import Session
    from ksimage.errors import UsageError

    kubectl = kubectl_of(values)
    session = Session(terminal, values, login=[image])
    if undo:
        if image:
            raise UsageError("--undo takes no image: it puts back what was there before")
        _undo(terminal, kubectl, dry_run=dry_run, yes=yes, seconds=timeout)
        return
    run = _Run(terminal, session, kubectl, dry_run=dry_run, yes=yes, force=force, seconds=timeout)
    run.roll_out(image, way)


class _Run:
    """One rollout, from the look at the cluster to the proof."""

    def __init__(
        self,
        terminal: Terminal,
        session: Session,
        kubectl: Kubectl,
        *,
        dry_run: bool,
        yes: bool,
        force: bool,
        seconds: float,
    ) -> None:
        self.terminal, self.session, self.kubectl = terminal, session, kubectl
        self.dry_run, self.yes, self.force, self.seconds = dry_run, yes, force, seconds
        self.started = time.monotonic()
        self.left = "nothing was changed"

    def roll_out(self, image: str | None, way: str) -> None:
        """The whole job."""
        from ksimage.cluster import candidate
        from ksimage.cluster import rollout as rollouts

        versions = self.kubectl.versions()
        self.terminal.detail(f"kubectl {versions.client}, cluster {versions.server}")
        situation = rollouts.survey(self.kubectl)
        found = candidate.examine(self._location(image, situation), self.session.options)
        planned = rollouts.plan(found, situation, way="scale" if way == "scale" else "patch")
        self._weigh(planned)
        if self.dry_run:
            self._show_commands(planned)
            return
        if planned.commands:
            self._confirm()
        path = self._prepare(planned)
        try:
            pod = self._carry_out(planned, fall_back=way == "auto")
            proofs = self._prove(found, pod)
        except KeyboardInterrupt:
            self.terminal.warning(f"interrupted: {self.left}")
            raise click.exceptions.Exit(130) from None
        self._result(planned, pod, proofs, path)

    def _location(self, image: str | None, situation: Situation) -> Location:
        from ksimage.cluster import candidate, objections
        from ksimage.locations import spec

        running = situation.installer.image
        if image is None:
            release = objections.cluster_release(situation.installer)
            found = candidate.newest(running, release, self.session.options)
            self.terminal.step(f"newest     {found}")
            return found
        if not any(character in image for character in "/:@"):
            return candidate.beside(running, image)
        return spec.parse(image)

    def _weigh(self, planned: Plan) -> None:
        """Show the plan, and what speaks against it. Raises RolloutRefused without --force."""
        from ksimage.cli.output.rollout import show_plan
        from ksimage.cluster import objections
        from ksimage.errors import RolloutRefused

        show_plan(self.terminal, planned)
        weighed = objections.weigh(planned.candidate, planned.situation, planned.image)
        for note in weighed.notes:
            self.terminal.warning(note)
        if not planned.commands:
            return
        if weighed.against and not self.force:
            raise RolloutRefused(weighed.against, busy=weighed.busy)
        for sentence in weighed.against:
            self.terminal.warning(f"--force in spite of this: {sentence}")

    def _show_commands(self, planned: Plan) -> None:
        from ksimage.cli.output.rollout import command_lines, document

        lines = command_lines(self.kubectl, planned.commands)
        made = document(self.kubectl, planned.commands, image=planned.image, dry_run=True)
        self.terminal.result("\n".join(lines) or "# nothing to change", made)

    def _confirm(self) -> None:
        confirm(self.terminal, "Restart the installer?", yes=self.yes)

    def _prepare(self, planned: Plan) -> Path | None:
        """Save results that would be lost, and the state before."""
        from ksimage.cluster import record, results

        situation = planned.situation
        if not planned.commands:
            return None
        if situation.seen is not None and situation.seen.busy and situation.pod is not None:
            saved = results.save(self.kubectl, situation.pod, Path.cwd())
            self.terminal.step(f"saved      {saved} (holds secrets: ksimage collect redacts)")
        try:
            path = record.write_file(situation.installer, planned.record)
        except OSError as error:
            self.terminal.warning(f"the state before is in the annotation only: {error}")
            return None
        self.terminal.detail(f"before     {path}")
        return path

    def _carry_out(self, planned: Plan, *, fall_back: bool) -> Pod:
        from ksimage.cluster import execution
        from ksimage.cluster import rollout as rollouts
        from ksimage.errors import ClusterRefused

        if planned.commands:
            self.left = (
                f"the Deployment may ask for {planned.image} already, and then goes on by itself;"
                " the same command waits on and proves, `ksimage rollout --undo` puts it back"
            )
        try:
            return execution.carry_out(
                self.kubectl, planned, self.terminal.step, seconds=self.seconds
            )
        except ClusterRefused as error:
            if not (fall_back and planned.way == "patch" and planned.commands):
                raise
            self.terminal.warning(f"the one patch is refused: {error.why.splitlines()[-1]}")
        again = rollouts.plan(planned.candidate, planned.situation, way="scale")
        return execution.carry_out(self.kubectl, again, self.terminal.step, seconds=self.seconds)

    def _prove(self, found: Candidate, pod: Pod) -> list[Proof]:
        from functools import partial

        from ksimage.cli.output.rollout import show_proofs
        from ksimage.cluster import candidate, execution, installer, proof, state
        from ksimage.errors import RolloutUnproven

        seen = execution.patiently(partial(state.look, self.kubectl, pod), self.terminal.step)
        pods = installer.find_pods(self.kubectl)
        now = next((one for one in pods if one.name == pod.name), pod)
        others = [one for one in pods if one.name != pod.name]
        proofs = proof.prove(
            now, seen, found, others,
            ask=lambda name: candidate.same_config(name, found, self.session.options),
        )  # fmt: skip
        show_proofs(self.terminal, proofs)
        failures = [f"{p.name}: {p.detail}" for p in proofs if p.passed is False]
        if failures:
            raise RolloutUnproven(found.pinned, failures)
        return proofs

    def _result(self, planned: Plan, pod: Pod, proofs: list[Proof], path: Path | None) -> None:
        from ksimage.cli.output.rollout import document

        seconds = time.monotonic() - self.started
        done = "rolled out" if planned.commands else "up to date, nothing was changed"
        self.terminal.success(f"pod {pod.name}: {done}, {seconds:.1f} s")
        self.terminal.step("next: ksimage watch")
        made = document(
            self.kubectl,
            planned.commands,
            image=planned.image,
            pod=pod,
            proofs=proofs,
            dry_run=False,
            up_to_date=not planned.commands,
            before=str(path) if path else None,
        )
        self.terminal.result(planned.image, made)


def _undo(
    terminal: Terminal, kubectl: Kubectl, *, dry_run: bool, yes: bool, seconds: float
) -> None:
    """Put back what the last rollout changed."""
    from ksimage.cli.output.rollout import command_lines, document
    from ksimage.cluster import execution, installer, undo

    found = installer.find(kubectl)
    planned = undo.plan(found, f"deployment ks-installer in {kubectl.namespace}")
    for note in planned.notes:
        terminal.warning(note)
    terminal.step(f"installer  {found.image}")
    terminal.step(f"becomes    {planned.image}")
    commands = [command for command in (planned.restart, planned.finish) if command]
    if dry_run:
        lines = command_lines(kubectl, commands)
        made = document(kubectl, commands, image=planned.image, dry_run=True)
        terminal.result("\n".join(lines), made)
        return
    left = "nothing was changed"
    pod = None
    try:
        if planned.restart:
            confirm(terminal, "Restart the installer?", yes=yes)
            left = "the image of before may be back already; `ksimage rollout --undo` does the rest"
            terminal.step(planned.restart.why)
            kubectl.run(planned.restart.words)
            pod = execution.wait(kubectl, undo.goal(planned), terminal.step, seconds=seconds)
            found = installer.find(kubectl)
        terminal.step(planned.finish.why)
        kubectl.run(undo.finish(found, planned.made).words)
    except KeyboardInterrupt:
        terminal.warning(f"interrupted: {left}")
        raise click.exceptions.Exit(130) from None
    terminal.success(f"undone: the Deployment asks for {planned.image}")
    terminal.result(
        planned.image, document(kubectl, commands, image=planned.image, pod=pod, dry_run=False)
    )


def confirm(terminal: Terminal, question: str, *, yes: bool) -> None:
    """Ask on a terminal. Raises UsageError where nobody can be asked, Exit for a no."""
    from ksimage.errors import UsageError

    if yes:
        return
    if not (sys.stdin and sys.stdin.isatty()):
        raise UsageError(
            "this restarts the installer, and there is nobody to ask",
            advice=["add --yes; or look first: --dry-run"],
        )
    if not click.confirm(question, err=True):
        terminal.warning("nothing was changed")
        raise click.exceptions.Exit(0)
