"""Files that a command writes beside its result."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ksimage.cli.output import files
from ksimage.errors import CannotRead, CannotWrite, NotEmpty


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    """Here because a folder has its name; a full disk ends the same way."""
    (tmp_path / "x.patch").mkdir()
    with pytest.raises(CannotWrite):
        files.replace(tmp_path / "x.patch", b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["x.patch"]
    with pytest.raises(CannotWrite):
        files.replace(tmp_path / "missing" / "x.patch", b"data")


def test_a_replaced_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "x"
    files.replace(path, b"one")
    path.chmod(0o640)
    files.replace(path, b"two")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o640)


def test_a_check_leaves_nothing_behind(tmp_path: Path) -> None:
    files.require_writable(tmp_path / "new")
    (tmp_path / "old").write_text("kept")
    files.require_writable(tmp_path / "old")
    os.mkfifo(tmp_path / "pipe")
    files.require_writable(tmp_path / "pipe")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old", "pipe"]
    assert (tmp_path / "old").read_text() == "kept"
    with pytest.raises(CannotWrite):
        files.require_writable(tmp_path / "none" / "x")


def test_a_folder_is_filled_once(tmp_path: Path) -> None:
    wanted = [("a", b"1", 0o644), ("b", b"2", 0o755)]
    written = files.fill(tmp_path / "new", wanted)
    assert [(path.name, path.stat().st_mode & 0o777) for path in written] == [
        ("a", 0o644),
        ("b", 0o755),
    ]
    with pytest.raises(NotEmpty):
        files.fill(tmp_path / "new", wanted)


def test_what_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CannotRead):
        files.read(tmp_path / "none")
