"""A mounted hook in the image that it is for, and in another."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support import derived
from tests.support.images import Entry, Recipe

from ksimage.base.images import PlatformImage, read_images
from ksimage.cluster import guard
from ksimage.locations.oci.layout import LayoutSource

PLACE = {"release": "v3.3.2", "namespace": "kubesphere-system", "deployment": "ks-installer"}
HOOK = b"#!/usr/bin/env python3\n# encoding: utf-8\nimport sys\nprint('ran', *sys.argv[1:])\n"
CONTENT = b"ks_version: v3.3.2\n"


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    path = tmp_path / "main.yml"
    path.write_bytes(CONTENT)
    return path


def ran(mark: Path, sha256: str) -> subprocess.CompletedProcess[str]:
    hook = guard.guarded(HOOK, sha256, **PLACE).replace(f"/{guard.MARK}".encode(), bytes(mark))
    compile(hook, "hook", "exec")
    return subprocess.run([sys.executable, "-", "--config"], input=hook.decode(), text=True,
                          capture_output=True)  # fmt: skip


def image(path: Path, *files: Entry) -> tuple[LayoutSource, PlatformImage]:
    derived.base(path, Recipe(files=files))
    source = LayoutSource(path, "v3.3.2")
    return source, read_images(source).images[0]


SHA = hashlib.sha256(CONTENT).hexdigest()


def test_in_its_own_image(mark: Path) -> None:
    assert ran(mark, SHA).stdout == "ran --config\n"


def test_in_another_releases_image(mark: Path) -> None:
    mark.write_bytes(b"ks_version: v3.4.1\n")
    done = ran(mark, SHA)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the mounted hook is for v3.3.2, and this image is another" in done.stderr
    assert "kubectl -n kubesphere-system patch deployment ks-installer" in done.stderr


def test_where_the_file_is_gone(mark: Path) -> None:
    mark.unlink()
    done = ran(mark, SHA)
    assert done.returncode == 1 and "FileNotFoundError" in done.stderr


def test_the_first_lines_stay_first() -> None:
    lines = guard.guarded(HOOK, SHA, **PLACE).splitlines()
    assert lines[:2] == HOOK.splitlines()[:2]
    assert lines[-2:] == HOOK.splitlines()[-2:]


def test_no_mark_no_guard() -> None:
    assert guard.guarded(HOOK, "", **PLACE) == HOOK


def test_mark_of_an_image(tmp_path: Path) -> None:
    source, one = image(tmp_path / "a", Entry(guard.MARK, CONTENT))
    assert guard.mark_of(source, one) == SHA
    source, one = image(tmp_path / "b")
    assert guard.mark_of(source, one) == ""
