"""Waiting for the installer that kk deploys, against a program at kubectl's place."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from ksimage.cli.input import viewer
from ksimage.cli.input.viewer import Keys
from ksimage.cli.output.terminal import Terminal
from ksimage.cluster.kubectl import Kubectl, KubectlOptions
from ksimage.errors import ClusterForbidden

UNREACHABLE = (
    "The connection to the server 127.0.0.1:1 was refused - did you specify the right host?"
)
FORBIDDEN = (
    'Error from server (Forbidden): pods is forbidden: User "u" cannot list resource "pods"'
    ' in API group "" in the namespace "kubesphere-system"'
)
POD = '{"metadata": {"name": "ks-installer-1"}, "spec": {"containers": []}, "status": {}}'


def answering(folder: Path, *answers: str) -> Kubectl:
    """A kubectl that gives these answers in turn: what it prints; with "!" why it refuses."""
    (folder / "answers").write_text("\x00".join(answers))
    path = folder / "kubectl"
    path.write_text(
        f"#!{sys.executable}\n"
        "import pathlib, sys\n"
        f"left = pathlib.Path({str(folder / 'answers')!r})\n"
        "first, _, more = left.read_text().partition('\\0')\n"
        "left.write_text(more or first)\n"
        "refused = first.startswith('!')\n"
        "print(first.lstrip('!'), file=sys.stderr if refused else sys.stdout)\n"
        "sys.exit(refused)\n"
    )
    path.chmod(0o755)
    return Kubectl(KubectlOptions(program=str(path), timeout=20))


def pods(*items: str) -> str:
    return f'{{"kind": "List", "items": [{", ".join(items)}]}}'


def test_it_waits_for_a_cluster_and_then_for_a_pod(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(viewer, "LOOK_AGAIN", 0.0)
    kubectl = answering(tmp_path, f"!{UNREACHABLE}", pods(), pods(), pods(POD))
    viewer.await_installer(kubectl, Terminal())
    shown = capsys.readouterr().err
    assert shown.count("waiting for kk") == 1
    assert (tmp_path / "answers").read_text() == pods(POD)


def test_a_missing_right_is_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(ClusterForbidden):
        viewer.await_installer(answering(tmp_path, f"!{FORBIDDEN}"), Terminal())


def test_where_no_terminal_is_there_are_no_keys() -> None:
    with Keys(io.StringIO()) as keys:
        assert keys.pressed() == []


def test_keys_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    import os
    import pty

    ours, theirs = pty.openpty()
    with open(theirs, closefd=True) as stream, Keys(stream) as keys:  # noqa: PTH123
        os.write(ours, b"q\x1b[A\x1bOBx")
        pressed: list[str] = []
        while len(pressed) < 4:
            pressed += keys.pressed()
        assert pressed == ["q", "up", "down", "x"]
    os.close(ours)
