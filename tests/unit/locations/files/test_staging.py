from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from ksimage.errors import CannotWrite, NoSpace
from ksimage.locations.files import staging


def test_commit_replaces_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")
    staged = staging.Staged(tmp_path)
    assert staged.write([b"ne", b"w"]) == 3
    assert path.read_bytes() == b"old"
    staged.commit(path)
    staged.close()
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


def test_discard(tmp_path: Path) -> None:
    staged = staging.Staged(tmp_path)
    staged.write([b"x"])
    staged.close()
    staged.close()
    assert not list(tmp_path.iterdir())


def test_failed_commit_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    staged = staging.Staged(tmp_path)
    with pytest.raises(CannotWrite):
        staged.commit(tmp_path / "folder")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_mode_is_what_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        staging.write_atomic(tmp_path / "x", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o600


def test_write_new_never_overwrites(tmp_path: Path) -> None:
    staging.write_new(tmp_path / "x", b"first")
    staging.write_new(tmp_path / "x", b"second")
    assert (tmp_path / "x").read_bytes() == b"first"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


def test_sweep_spares_the_living_and_the_foreign(tmp_path: Path) -> None:
    living = staging.Staged(tmp_path)
    dead = tmp_path / f"{staging.PREFIX}dead.part"
    dead.write_bytes(b"x")
    (tmp_path / "other.part").write_bytes(b"x")
    (tmp_path / f"{staging.PREFIX}link.part").symlink_to("other.part")
    staging.sweep(tmp_path)
    assert not dead.exists()
    assert living.path.exists()
    assert (tmp_path / "other.part").exists()
    living.close()


def test_space_is_asked_for_first(tmp_path: Path) -> None:
    staging.require_space(tmp_path, 1)
    with pytest.raises(NoSpace) as caught:
        staging.require_space(tmp_path, 1 << 60)
    assert caught.value.exit_code == 14
    assert "TMPDIR" in " ".join(caught.value.advice)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_full_disk(tmp_path: Path) -> None:
    staged = staging.Staged(tmp_path)
    staged.write([b"x" * 10])
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, staged.file.fileno())
    os.close(full)
    with pytest.raises(CannotWrite):
        staged.commit(tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_sweeping_and_staging_at_once(tmp_path: Path) -> None:
    """A file just created is never taken for debris, however the two interleave."""
    stop = threading.Event()

    def sweep() -> None:
        while not stop.is_set():
            staging.sweep(tmp_path)

    thread = threading.Thread(target=sweep)
    thread.start()
    try:
        for number in range(300):
            staging.write_atomic(tmp_path / "x", b"%d" % number)
            assert (tmp_path / "x").read_bytes() == b"%d" % number
    finally:
        stop.set()
        thread.join()


def test_mode_and_old_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"old")
    path.chmod(0o640)
    os.umask(0o022)
    kept = staging.replace(path, b"new")
    assert kept == tmp_path / "config.yaml.orig"
    assert (path.read_bytes(), kept.read_bytes()) == (b"new", b"old")
    assert path.stat().st_mode & 0o777 == kept.stat().st_mode & 0o777 == 0o640
    assert staging.replace(path, b"newer").name == "config.yaml.orig.1"
    assert staging.replace(path, b"newest").name == "config.yaml.orig.2"
    assert kept.read_bytes() == b"old"
    assert not list(tmp_path.glob(".ksimage-*"))


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "c.yaml").write_bytes(b"old")
    (tmp_path / "c.yaml").symlink_to("real/c.yaml")
    kept = staging.replace(tmp_path / "c.yaml", b"new")
    assert (tmp_path / "c.yaml").is_symlink()
    assert (tmp_path / "real" / "c.yaml").read_bytes() == b"new"
    assert kept == tmp_path / "real" / "c.yaml.orig"


def test_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "c.yaml"
    path.write_bytes(b"old")
    assert staging.replace(path, b"new").read_bytes() == b"old"


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite):
        staging.replace(tmp_path / "none", b"new")
    assert not list(tmp_path.iterdir())
