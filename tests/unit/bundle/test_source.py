"""Events out of a bundle: in their order, whatever the archive's, and hostile parts by name."""

from __future__ import annotations

import io
import json
import random
import tarfile
from pathlib import Path

import pytest
from tests.support.event_trees import read_tree
from tests.support.story import Story

from ksimage.bundle.source import BundleSource
from ksimage.errors import BundleUnusable
from ksimage.events import files
from ksimage.events.frames import Chronicle


def _tar(path: Path, parts: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in parts.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_700_000_000
            archive.addfile(info, io.BytesIO(data))
    return path


def _told(path: Path) -> Chronicle:
    told = Chronicle()
    for frame in BundleSource(path).frames():
        told.take(frame)
    return told


@pytest.mark.parametrize("prefix", ["results/", "", "bundle-1/kubesphere/results/"])
def test_it_tells_what_the_folder_does(tmp_path: Path, prefix: str) -> None:
    root = tmp_path / "results"
    Story(root)
    parts = {
        prefix + str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }
    mixed = random.Random(1).sample(list(parts.items()), len(parts))
    told = _told(_tar(tmp_path / "b.tar.gz", dict(mixed)))
    expected = {run.component: run for run in read_tree(root).runs}
    assert len(told.attempt.runs) == len(expected)
    for run in told.attempt.runs:
        other = expected[run.component]
        assert (run.rc, run.state, run.stats) == (other.rc, other.state, other.stats)
        assert run.tasks == other.tasks


def test_what_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FILE_LIMIT", 1000)
    folder = "results/common/common/job_events/"
    told = _told(
        _tar(
            tmp_path / "b.tar.gz",
            {
                folder + "1-a.json": b"{half",
                folder + "2-b.json": json.dumps({"x": "y" * 1000}).encode(),
                folder + "3-c-partial.json": b"{}",
                "results/common/common/rc": b"no number",
            },
        )
    )
    assert len(told.attempt.damage) == 3
    assert all(run.rc is None for run in told.attempt.runs)


def test_too_much_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ksimage.bundle.source.MOST_BYTES", 10)
    path = _tar(tmp_path / "b.tar.gz", {"r/a/a/job_events/1-a.json": b"{}" + b" " * 20})
    with pytest.raises(BundleUnusable) as raised:
        list(BundleSource(path).frames())
    assert "more than" in raised.value.why


def test_none_of_it(tmp_path: Path) -> None:
    with pytest.raises(BundleUnusable) as raised:
        list(BundleSource(_tar(tmp_path / "b.tar.gz", {"r/readme": b"x"})).frames())
    assert "no event files" in raised.value.why
