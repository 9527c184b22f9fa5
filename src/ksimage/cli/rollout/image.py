"""Roll an image out: look at the cluster, plan, ask, change, wait, prove."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.rollout.conversation import Conversation
    from ksimage.cluster.image.registry import Candidate
    from ksimage.cluster.installer import Pod
    from ksimage.cluster.rollout.plan import RolloutPlan, Situation
    from ksimage.inspection.verdict import Proof
    from ksimage.locations.spec import Location


class ImageRollout:
    """One rollout, from the look at the cluster to the proof."""

    def __init__(
        self,
        talk: Conversation,
        invocation: Invocation,
        *,
        by_tag: bool = False,
        pre_pull: bool = False,
    ) -> None:
        self.talk, self.terminal, self.kubectl = talk, talk.terminal, talk.kubectl
        self.invocation, self.by_tag, self.pre_pull = invocation, by_tag, pre_pull
        self.started = time.monotonic()

    def roll_out(self, image: str | None, *, verbosity: int | None = -1) -> None:
        """The whole job. Interrupted, it says what state it leaves.

        Args:
            verbosity: for the ClusterConfiguration, set while the new pod comes up; None takes it
                out, -1 leaves it.
        """
        with self.talk.interruptible():
            self._roll_out(image, verbosity)

    def _roll_out(self, image: str | None, verbosity: int | None) -> None:
        from ksimage.cluster.image import registry
        from ksimage.cluster.rollout import plan as rollouts

        versions = self.kubectl.versions()
        self.terminal.detail(f"kubectl {versions.client}, cluster {versions.server}")
        situation = rollouts.survey(self.kubectl)
        location = self._location(image, situation)
        found = registry.examine(location, self.invocation.options)
        way = "scale" if self.talk.way == "scale" else "patch"
        name, policy = "", "IfNotPresent"
        if self.by_tag:
            name, policy = self._tagged(location, found, situation), "Always"
        planned = rollouts.plan(found, situation, image=name, policy=policy, way=way)
        if verbosity != -1:
            planned = rollouts.with_verbosity(planned, verbosity)
        self._weigh(planned)
        if self.talk.dry_run:
            self._show_commands(planned)
            return
        if planned.commands or planned.extra:
            self.talk.confirm("Restart the installer?")
        if self.pre_pull:
            self._pull(found, situation)
        path = self._prepare(planned)
        pod = self._carry_out(planned, fall_back=self.talk.way == "auto")
        proofs = self._prove(found, pod)
        self._result(planned, pod, proofs, path)

    def _location(self, image: str | None, situation: Situation) -> Location:
        from ksimage.cluster.image import registry
        from ksimage.cluster.rollout.plan import cluster_release
        from ksimage.locations import spec

        running = situation.installer.image
        if image is None:
            release = cluster_release(situation.installer)
            found = registry.newest(running, release, self.invocation.options)
            self.terminal.step(f"newest     {found}")
            return found
        if not any(character in image for character in "/:@"):
            return registry.beside(running, image)
        return spec.parse(image)

    def _tagged(self, location: Location, found: Candidate, situation: Situation) -> str:
        """The name with its tag; says which nodes hold another image by it."""
        from ksimage.cluster.image import nodes
        from ksimage.errors import UsageError

        reference = location.reference
        if reference is None or not reference.tag:
            raise UsageError("--tag needs an image with a tag", advice=["or leave --tag away"])
        name = str(reference._replace(digest=None))
        for copy in nodes.stale(situation.nodes or (), name, found):
            self.terminal.warning(
                f"{copy.node} holds another image under this tag, {', '.join(copy.digests)}: with"
                f" IfNotPresent it would run that; there: crictl rmi {name}"
            )
        return name

    def _pull(self, found: Candidate, situation: Situation) -> None:
        from ksimage.cluster.image import nodes

        self.talk.left = "the installer was not touched"
        seconds, tell = self.talk.seconds, self.terminal.step
        done = nodes.pull(self.kubectl, found, situation.installer, tell, seconds=seconds)
        self.terminal.success(f"{len(done)} nodes have the image: {', '.join(done)}")

    def _weigh(self, planned: RolloutPlan) -> None:
        """Show the plan, and what speaks against it. Raises RolloutRefused without --force."""
        from ksimage.cli.output.rollout import show_plan
        from ksimage.cluster.rollout.plan import weigh

        show_plan(self.terminal, planned)
        weighed = weigh(planned.candidate, planned.situation, planned.image)
        for note in weighed.notes:
            self.terminal.warning(note)
        if planned.commands:
            self.talk.weigh(weighed.against, busy=weighed.busy)

    def _show_commands(self, planned: RolloutPlan) -> None:
        from ksimage.cluster.image import nodes

        commands = (*planned.commands, *planned.extra)
        if self.pre_pull:
            create, remove = nodes.pull_commands(planned.candidate, planned.situation.installer)
            commands = (create, remove, *commands)
        self.talk.show_commands(commands, planned.image)

    def _prepare(self, planned: RolloutPlan) -> Path | None:
        """Save results that would be lost, and the state before."""
        from ksimage.cluster.rollout import record

        situation = planned.situation
        if not planned.commands:
            return None
        if situation.seen is not None and situation.seen.busy and situation.installer.pod:
            self.talk.save_results(situation.installer.pod)
        try:
            path = record.write_file(situation.installer, planned.record)
        except OSError as error:
            self.terminal.warning(f"the state before is in the annotation only: {error}")
            return None
        self.terminal.detail(f"before     {path}")
        return path

    def _carry_out(self, planned: RolloutPlan, *, fall_back: bool) -> Pod:
        from ksimage.cluster.rollout import execution
        from ksimage.cluster.rollout import plan as rollouts
        from ksimage.errors import ClusterRefused

        if planned.commands:
            self.talk.left = (
                f"the Deployment may ask for {planned.image} already, and then goes on by itself;"
                " the same command waits on and proves, `ksimage rollout --undo` puts it back"
            )
        seconds, tell = self.talk.seconds, self.terminal.step
        try:
            return execution.carry_out(self.kubectl, planned, tell, seconds=seconds)
        except ClusterRefused as error:
            if not (fall_back and planned.way == "patch" and planned.commands):
                raise
            self.terminal.warning(f"the one patch is refused: {error.why.splitlines()[-1]}")
        again = rollouts.other_way(planned)
        return execution.carry_out(self.kubectl, again, tell, seconds=seconds)

    def _prove(self, found: Candidate, pod: Pod) -> list[Proof]:
        from functools import partial

        from ksimage.cluster import installer, state
        from ksimage.cluster.image import proof, registry
        from ksimage.cluster.rollout import execution

        seen = execution.patiently(partial(state.look, self.kubectl, pod), self.terminal.step)
        pods = installer.find_pods(self.kubectl)
        now = next((one for one in pods if one.name == pod.name), pod)
        others = [one for one in pods if one.name != pod.name]
        proofs = proof.prove(
            now, seen, found, others,
            ask=lambda name: registry.same_config(name, found, self.invocation.options),
        )  # fmt: skip
        self.talk.require(proofs, found.pinned)
        return proofs

    def _result(
        self, planned: RolloutPlan, pod: Pod, proofs: list[Proof], path: Path | None
    ) -> None:
        from ksimage.cli.output.rollout import document

        seconds = time.monotonic() - self.started
        done = "rolled out" if planned.commands else "up to date, nothing was changed"
        self.terminal.success(f"pod {pod.name}: {done}, {seconds:.1f} s")
        self.terminal.step(self.terminal.complete("next: ksimage watch", ""))
        made = document(
            self.kubectl,
            (*planned.commands, *planned.extra),
            image=planned.image,
            pod=pod,
            proofs=proofs,
            up_to_date=not planned.commands,
            before=str(path) if path else None,
        )
        self.terminal.result(planned.image, made)
