"""Saving what a pod leaves: whole or not at all, and readable by nobody else."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from tests.unit.cluster.objects_of import pod

from ksimage.cluster import program
from ksimage.cluster.files import results
from ksimage.cluster.kubectl import Kubectl
from ksimage.errors import ClusterAnswerCut


def _archive() -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        info = tarfile.TarInfo("results/rc")
        info.size = 50_000
        archive.addfile(info, io.BytesIO(b"x" * 50_000))
    return held.getvalue()


WHOLE = _archive()


def _answers(monkeypatch: pytest.MonkeyPatch, *answers: bytes) -> list[bytes]:
    left = list(answers)
    monkeypatch.setattr(program, "run", lambda *_, **__: left.pop(0))
    return left


def test_saved_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, WHOLE)
    path = results.save(Kubectl(), pod(), tmp_path)
    assert path.read_bytes() == WHOLE
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.name.startswith("ks-installer-results-ks-installer-1-")


@pytest.mark.parametrize(
    "cut",
    [b"", b"not gzip", WHOLE[:-4], WHOLE[: len(WHOLE) // 2]],
    ids=["empty", "not gzip", "without its end", "half"],
)
def test_what_came_cut_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: bytes
) -> None:
    left = _answers(monkeypatch, cut, WHOLE)
    assert results.save(Kubectl(), pod(), tmp_path).read_bytes() == WHOLE
    assert left == []


def test_cut_twice_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, WHOLE[:-4], WHOLE[:9])
    with pytest.raises(ClusterAnswerCut):
        results.save(Kubectl(), pod(), tmp_path)
    assert list(tmp_path.iterdir()) == []
