"""Sources of one kind: the same installation, whichever tells it."""

from __future__ import annotations

import contextlib
import io
import tarfile
from threading import Event
from typing import TYPE_CHECKING

import pytest
from tests.behaviour import trees
from tests.support import event_trees
from tests.support.event_trees import read_tree

from ksimage.bundle.source import BundleSource
from ksimage.errors import BundleUnusable, NoRecording
from ksimage.events.feed import paced
from ksimage.events.frames import Chronicle
from ksimage.events.sources import FolderSource, Recorder, RecordSource

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ksimage.events.frames import EventSource
    from ksimage.events.model import Attempt


def _told(source: EventSource) -> Chronicle:
    chronicle = Chronicle()
    with contextlib.closing(source):
        for frame in source.frames():
            chronicle.take(frame)
    return chronicle


@pytest.fixture
def root(tmp_path: Path) -> Path:
    results = tmp_path / "results"
    event_trees.volume(results, 400)
    trees.whole(results / "devops" / "devops")
    (results / "devops" / "devops" / "rc").write_text("2")
    (results / "devops" / "devops" / "job_events" / "40-half.json").write_text('{"event": "x')
    return results


def _same(mine: Attempt, other: Attempt) -> None:
    assert [run.tasks for run in mine.runs] == [run.tasks for run in other.runs]
    assert [(run.component, run.rc, run.state) for run in mine.runs] == [
        (run.component, run.rc, run.state) for run in other.runs
    ]
    assert {(one.path, one.why) for one in mine.damage} == {
        (one.path, one.why) for one in other.damage
    }


def test_a_folder_a_bundle_and_a_recording_tell_the_same(root: Path, tmp_path: Path) -> None:
    read = read_tree(root)
    _same(_told(FolderSource(root)).attempt, read)
    bundle = tmp_path / "bundle.tar.gz"
    with tarfile.open(bundle, "w:gz") as tar:
        tar.add(root, "ksimage-bundle/results")
    _same(_told(BundleSource(bundle)).attempt, read)
    for name in ("saved.jsonl", "saved.jsonl.gz"):
        frames = list(Recorder(tmp_path / name).record(FolderSource(root).frames()))
        assert frames[-1]["k"] == "end"
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
        again = _told(RecordSource((tmp_path / name).open("rb"), name))
        _same(again.attempt, read)
        assert again.whole


def test_a_tar_of_the_installers_folder_will_do(root: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "own.tar", "w") as tar:
        tar.add(root, "kubesphere/results")
    _same(_told(BundleSource(tmp_path / "own.tar")).attempt, read_tree(root))


def test_a_bundle_without_events_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("readme"), io.BytesIO())
    with pytest.raises(BundleUnusable, match="no usable bundle") as caught:
        _told(BundleSource(tmp_path / "b.tar"))
    assert "no event files" in caught.value.why


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused_before_anything_is_told(kind: bytes, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        info = tarfile.TarInfo("results/a/a/job_events/1-a.json")
        info.type, info.linkname = kind, "/etc/passwd"
        tar.addfile(info)
    with pytest.raises(BundleUnusable):
        _told(BundleSource(tmp_path / "b.tar"))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"PK\x03\x04", "no JSON"),
        (b'{"k":"ev"}\n', "does not begin"),
        (b'{"k":"hello"}\n[]\n', "no frame"),
        (b'{"k":"hello"}\nnonsense\n', "no JSON"),
        (b"\x1f\x8bnonsense", "compression"),
    ],
)  # fmt: skip
def test_what_is_no_recording_is_refused_in_words(data: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(NoRecording) as caught:
        _told(RecordSource((tmp_path / "file").open("rb"), "file"))
    assert why in caught.value.why.lower() or why in caught.value.why


def test_a_recording_that_was_cut_is_read_as_far_as_it_goes(root: Path, tmp_path: Path) -> None:
    for name in ("saved.jsonl", "saved.jsonl.gz"):
        path = tmp_path / name
        list(Recorder(path).record(FolderSource(root).frames()))
        path.write_bytes(path.read_bytes()[:-200])
        told = _told(RecordSource(path.open("rb"), name))
        assert told.events > 0
        assert not told.whole


def test_a_replay_goes_by_the_events_times(root: Path) -> None:
    frames = list(paced(FolderSource(root).frames(), 1e9, Event()))
    assert frames[0]["k"] == "hello"
    assert frames[-1]["k"] == "end"
    chronicle, now = Chronicle(), 0.0
    for frame in frames:
        fed = chronicle.take(frame)
        if fed is not None and fed[1].time is not None:
            assert fed[1].time >= now
            now = fed[1].time
    _same(chronicle.attempt, read_tree(root))


def test_only_what_is_live_is_recorded_with_its_arrival(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    for live in (False, True):
        list(Recorder(path).record(FolderSource(root).frames(), live=live))
        assert ('"at":' in path.read_text()) == live


def test_a_replay_can_be_stopped(root: Path) -> None:
    stop = Event()
    told = 0
    for _ in paced(FolderSource(root).frames(), 60, stop):
        told += 1
        stop.set()
    assert told == 1


@pytest.mark.parametrize("name", ["run.jsonl", "run.jsonl.gz"])
def test_a_full_disk_ends_the_recording_and_not_the_watching(
    name: str, root: Path, tmp_path: Path, full_disk: Callable[[int], None]
) -> None:
    full_disk(4096)
    recorder = Recorder(tmp_path / name)
    told = Chronicle()
    for frame in recorder.record(FolderSource(root).frames()):
        told.take(frame)
    _same(told.attempt, _told(FolderSource(root)).attempt)
    assert recorder.error is not None
    assert recorder.error.why == "File too large"  # what a full disk is played by
    assert "cannot write" in told.unsaved
    kept = _told(RecordSource((tmp_path / name).open("rb"), name))
    assert 0 < kept.events < told.events


def test_a_disk_that_fills_with_the_last_byte_is_said_as_well(
    tmp_path: Path, full_disk: Callable[[int], None]
) -> None:
    full_disk(0)
    recorder = Recorder(tmp_path / "run.jsonl.gz")
    frames = list(recorder.record([{"k": "ev"}]))
    assert frames == [{"k": "ev"}]
    assert recorder.error is not None
