"""The real cluster: a rollout that went wrong, and its advice typed after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.advice.situation import Words, place, situation


def rolled(*rules: dict[str, Any]) -> Words:
    """A new installer with upstream's image; the trouble that kubectl then meets."""
    running = place.running
    running.renew()
    running.kubectl.rules(*rules)
    place.env.setenv("KUBECONFIG", str(running.installation.bed.place.kubeconfig))
    path = str(running.kubectl.path)
    return ("--yes", "-n", running.installation.namespace, "--kubectl", path)


def by_hand(words: str) -> str:
    """What somebody else types meanwhile."""
    installation = place.running.installation
    kubeconfig = installation.bed.place.kubeconfig
    return f"kubectl --kubeconfig={kubeconfig} -n {installation.namespace} {words}"


@situation("rollout-stuck", needs="rollouts", after=True)
def its_container_crashes(folder: Path) -> Words:
    words = rolled()
    return ("rollout", place.running.images.crashing, "--force", *words)


@situation("rollout-timed-out", needs="rollouts", after=True, places={"SECONDS": "200"})
def a_second_is_too_short(folder: Path) -> Words:
    return ("rollout", "--timeout", "1", *rolled())


@situation("rollout-overtaken", needs="rollouts", after=True)
def somebody_sets_another_image(folder: Path) -> Words:
    words = rolled()
    pristine = place.running.images.pristine
    other = by_hand(f"set image deployment/ks-installer installer={pristine}")
    place.running.kubectl.rules({"match": "patch", "after": other})
    return ("rollout", *words)


@situation("rollout-unproven", needs="rollouts", after=True)
def somebody_edits_the_hook_in_the_pod(folder: Path) -> Words:
    words = rolled()
    edit = "bash -c 'echo >> /hooks/kubesphere/installRunner.py'"
    before = by_hand(f"exec deployment/ks-installer -- {edit}")
    place.running.kubectl.rules({"match": " exec ", "nth": 2, "before": before})
    return ("rollout", *words)


@situation("pre-pull-failed", needs="rollouts", after=True)
def a_node_cannot_pull(folder: Path) -> Words:
    words = rolled()
    doomed, url = place.running.doomed()
    remove = f"curl -sf -X DELETE {url}"
    place.running.kubectl.rules({"match": "create", "before": remove})
    return ("rollout", doomed, "--pre-pull", *words)
