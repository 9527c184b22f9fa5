"""Replacing somebody's file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ksimage.errors import CannotWrite
from ksimage.locations.files import backup


def test_mode_and_old_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"old")
    path.chmod(0o640)
    os.umask(0o022)
    kept = backup.replace(path, b"new")
    assert kept == tmp_path / "config.yaml.orig"
    assert (path.read_bytes(), kept.read_bytes()) == (b"new", b"old")
    assert path.stat().st_mode & 0o777 == kept.stat().st_mode & 0o777 == 0o640
    assert backup.replace(path, b"newer").name == "config.yaml.orig.1"
    assert backup.replace(path, b"newest").name == "config.yaml.orig.2"
    assert kept.read_bytes() == b"old"
    assert not list(tmp_path.glob(".ksimage-*"))


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "c.yaml").write_bytes(b"old")
    (tmp_path / "c.yaml").symlink_to("real/c.yaml")
    kept = backup.replace(tmp_path / "c.yaml", b"new")
    assert (tmp_path / "c.yaml").is_symlink()
    assert (tmp_path / "real" / "c.yaml").read_bytes() == b"new"
    assert kept == tmp_path / "real" / "c.yaml.orig"


def test_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "c.yaml"
    path.write_bytes(b"old")
    assert backup.replace(path, b"new").read_bytes() == b"old"


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite):
        backup.replace(tmp_path / "none", b"new")
    assert not list(tmp_path.iterdir())
