"""Putting back what a rollout changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.cli.rollout.conftest import Cluster, looked
from tests.unit.cluster.objects_of import DIGEST, IMAGE, deployment, installer

from ksimage.cli.output.terminal import Terminal
from ksimage.cli.rollout.conversation import Conversation
from ksimage.cli.rollout.undo import undo
from ksimage.cluster.installer import ANNOTATION
from ksimage.cluster.rollout import record
from ksimage.cluster.rollout.leftovers import Leftovers
from ksimage.errors import RolloutNothingToUndo, RolloutRefused

NEW = f"harbor.lan/kubesphereio/ks-installer@{DIGEST}"


def _rolled_out() -> dict[str, object]:
    made = record.make(installer(), NEW, "Always", Leftovers(), Leftovers())
    return deployment(NEW, annotations={ANNOTATION: made.annotation()})


def test_nothing_to_undo(cluster: Cluster) -> None:
    with pytest.raises(RolloutNothingToUndo):
        undo(Conversation(Terminal(), cluster(), dry_run=True))


def test_a_dry_run_prints_both_patches(
    cluster: Cluster, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    undo(Conversation(Terminal(), cluster(deployment=_rolled_out()), dry_run=True))
    said = capsys.readouterr()
    assert said.out.count(" patch ") == 2 and IMAGE in said.out
    assert f"becomes    {IMAGE}" in said.err
    assert " patch " not in log.read_text()


def test_not_while_an_installation_runs(cluster: Cluster, log: Path) -> None:
    kubectl = cluster(deployment=_rolled_out(), **{" exec ": looked(hooks=[50.0])})
    with pytest.raises(RolloutRefused):
        undo(Conversation(Terminal(), kubectl, yes=True))
    assert " patch " not in log.read_text()
