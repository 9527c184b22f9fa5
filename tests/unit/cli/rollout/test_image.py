"""Rolling out an image: what stops it before the cluster is changed."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from tests.unit.cli.rollout.conftest import Cluster

from ksimage.cli.input.invocation import Invocation
from ksimage.cli.output.terminal import Terminal
from ksimage.cli.rollout.conversation import Conversation
from ksimage.cli.rollout.image import ImageRollout
from ksimage.cluster.kubectl import Kubectl
from ksimage.errors import InstallerMissing, KsimageError

MISSING = 'Error from server (NotFound): deployments.apps "ks-installer" not found'


def _rollout(kubectl: Kubectl) -> ImageRollout:
    terminal = Terminal()
    return ImageRollout(Conversation(terminal, kubectl, yes=True), Invocation(terminal, {}))


def test_no_installer(cluster: Cluster, log: Path) -> None:
    with pytest.raises(InstallerMissing):
        _rollout(cluster(deployment=MISSING)).roll_out("oci:none")
    assert " patch " not in log.read_text()


def test_an_image_that_is_not_there(cluster: Cluster, log: Path) -> None:
    with pytest.raises(KsimageError):
        _rollout(cluster()).roll_out("127.0.0.1:1/p/r:v1")
    assert " patch " not in log.read_text()


def test_interrupted_it_says_what_it_leaves(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: Kubectl) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Kubectl, "versions", interrupt)
    with pytest.raises(click.exceptions.Exit) as ended:
        _rollout(cluster()).roll_out(None)
    assert ended.value.exit_code == 130
    assert "interrupted: nothing was changed" in capsys.readouterr().err
