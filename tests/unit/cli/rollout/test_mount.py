"""Mounting a hook: read from a rendered folder, refused before anything is changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.cli.rollout.conftest import Cluster

from ksimage.cli.output.terminal import Terminal
from ksimage.cli.rollout.conversation import Conversation
from ksimage.cli.rollout.mount import mount_hook
from ksimage.errors import KsimageError


@pytest.mark.parametrize("files", [(), ("hook.py",)])
def test_a_folder_that_was_not_rendered(
    cluster: Cluster, log: Path, tmp_path: Path, files: tuple[str, ...]
) -> None:
    folder = tmp_path / "rendered"
    folder.mkdir()
    for name in files:
        (folder / name).write_text("x")
    kubectl = cluster()
    with pytest.raises(KsimageError) as raised:
        mount_hook(Conversation(Terminal(), kubectl, yes=True), folder)
    assert type(raised.value).__name__ == "MountUnusable"
    assert not log.exists()  # nobody was asked
