"""A small program sent into a pod: here the pod is a process of this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.unit.cluster.objects_of import pod

from ksimage import resources
from ksimage.cluster import program
from ksimage.cluster.kubectl import Kubectl, KubectlOptions
from ksimage.errors import ClusterSlow


@pytest.fixture
def kubectl(tmp_path: Path) -> Kubectl:
    """`exec -i POD --container=C -- COMMAND` runs COMMAND here."""
    path = tmp_path / "kubectl"
    path.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        "words = sys.argv[sys.argv.index('--') + 1:]\n"
        f"os.environ['WORDS'] = ' '.join(sys.argv[1:])\n"
        f"os.execv({sys.executable!r}, [{sys.executable!r}, *words[1:]])\n"
    )
    path.chmod(0o755)
    return Kubectl(KubectlOptions(program=str(path)))


def _shipped(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    path = folder / "small.py"
    path.write_text(code)
    monkeypatch.setattr(resources, "path", lambda name: path)


def test_it_runs_there_and_stands_in_no_argument_list(
    kubectl: Kubectl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import os, sys\nprint(os.environ['WORDS'])\nprint(sys.stdin.read())  # marked\n"
    _shipped(tmp_path, monkeypatch, code)
    said = program.run(kubectl, pod(), "small.py", seconds=20).decode()
    assert "exec -i ks-installer-1 --container=installer -- python3 -u -c" in said
    assert "marked" not in said


def test_bytes_come_back_as_they_are(
    kubectl: Kubectl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _shipped(tmp_path, monkeypatch, "import os\nos.write(1, bytes(range(256)))\n")
    assert program.run(kubectl, pod(), "small.py", seconds=20) == bytes(range(256))


def test_one_that_hangs(kubectl: Kubectl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _shipped(tmp_path, monkeypatch, "import time\ntime.sleep(60)\n")
    with pytest.raises(ClusterSlow):
        program.run(kubectl, pod(), "small.py", seconds=0.5)
