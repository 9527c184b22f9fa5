"""``ksimage status``: exit codes and the document, with a kubectl that answers from a file."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import Run
from tests.unit.cli.rollout.conftest import Cluster, cluster, log, looked

__all__ = ["cluster", "log"]

MISSING = 'Error from server (NotFound): deployments.apps "ks-installer" not found'


def test_a_foreign_installer_has_a_code_of_its_own_and_advice(
    run: Run, cluster: Cluster, log: Path
) -> None:
    kubectl = cluster()
    done = run("status", "--kubectl", kubectl.options.program, "--output", "json")
    assert done.code != 0
    assert done.document["schema"] == "ksimage/v1"
    assert " patch " not in log.read_text()


def test_what_is_to_be_typed_next_leads_to_the_same_cluster(run: Run, cluster: Cluster) -> None:
    program = cluster(**{" exec ": looked(hooks=[50.0])}).options.program
    done = run("status", "--kubectl", program, "-n", "ks", "--context", "c")
    assert f"next       ksimage watch --context c -n ks --kubectl {program}" in done.stdout


def test_no_installer_at_all(run: Run, cluster: Cluster) -> None:
    kubectl = cluster(deployment=MISSING, pods={"items": []})
    done = run("status", "--kubectl", kubectl.options.program)
    assert done.code != 0 and done.stdout == ""
    foreign = run("status", "--kubectl", cluster().options.program)
    assert foreign.code != done.code
