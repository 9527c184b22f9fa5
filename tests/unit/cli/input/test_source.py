"""From what people type to a source of events."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from ksimage.bundle.source import BundleSource
from ksimage.cli.input.source import open_source
from ksimage.cluster.files.follow import PodSource
from ksimage.cluster.kubectl import Kubectl
from ksimage.errors import CannotRead, UsageError
from ksimage.events.sources import FolderSource, RecordSource

LINE = b'{"k": "hello", "v": 1}\n'


def _bundle(path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("results/a/a/job_events/1-a.json")
        info.size = 2
        archive.addfile(info, io.BytesIO(b"{}"))


def test_what_a_path_holds_decides(tmp_path: Path) -> None:
    (tmp_path / "folder" / "a" / "a" / "job_events").mkdir(parents=True)
    (tmp_path / "one").write_bytes(LINE)
    (tmp_path / "two").write_bytes(gzip.compress(LINE))
    _bundle(tmp_path / "three.jsonl")  # its name lies
    expected = {
        "folder": FolderSource, "one": RecordSource, "two": RecordSource,
        "three.jsonl": BundleSource,
    }  # fmt: skip
    for name, kind in expected.items():
        source = open_source(str(tmp_path / name), Kubectl())
        assert isinstance(source, kind), name
        source.close()


@pytest.mark.parametrize("text", ["", "ks-installer-1", "pod/ks-installer-1"])
def test_anything_else_is_a_pod(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(open_source(text, Kubectl()), PodSource)


@pytest.mark.parametrize("text", ["none/results", "bundle.tar.gz", "./x", "record.jsonl"])
def test_a_path_that_is_not_there_is_no_pod(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CannotRead):
        open_source(text, Kubectl())


def test_a_terminal_is_no_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(UsageError):
        open_source("-", Kubectl())
