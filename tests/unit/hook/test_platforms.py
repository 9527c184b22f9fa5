"""Hooks that were read before: upstream's alone, with all that is known of them, or none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ksimage.cache import Cache
from ksimage.hook import platforms
from ksimage.hook.layers import Hook
from ksimage.images.digest import sha256
from ksimage.images.layer import LayerFolder
from ksimage.upstream import releases

DIGEST = sha256(b"some manifest")
MANIFEST = sha256(b"of an image")
KIND = "hooks-3"
PARENTS = {"hooks": LayerFolder("hooks", 0o2755, 1002, 1003, 7, {"SCHILY.xattr.user.x": b"\xff\0"})}


FOLDER = {"path": "hooks", "mode": 1, "uid": 2, "gid": 3, "mtime": 4, "attributes": {}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def pristine(monkeypatch: pytest.MonkeyPatch) -> Hook:
    """A hook that counts as upstream's."""
    hook = Hook(
        b"#!/usr/bin/env python3\n", 0o755, 1002, 1002, sha256(b"layer"), PARENTS, ("hooks/x",)
    )
    known = releases.find("v3.3.2")
    real = releases.by_hook
    monkeypatch.setattr(
        releases, "by_hook", lambda digest: (known,) if digest == hook.sha256 else real(digest)
    )
    return hook


def test_a_pristine_hook_is_remembered(folder: Path, pristine: Hook) -> None:
    platforms.remember(Cache(folder), MANIFEST, pristine)
    assert platforms.recall(Cache(folder), MANIFEST) == pristine


def test_a_foreign_hook_is_not(folder: Path) -> None:
    foreign = Hook(b"import evil\n", 0o755, 0, 0, DIGEST)
    platforms.remember(Cache(folder), MANIFEST, foreign)
    assert platforms.recall(Cache(folder), MANIFEST) is None
    # nor when somebody writes it there by hand
    kept = Cache(folder)
    kept.put(f"sha256:{foreign.sha256}", foreign.data)
    note = {"sha256": f"sha256:{foreign.sha256}", "mode": 493, "uid": 0, "gid": 0}
    note |= {"layer": DIGEST, "parents": [], "others": []}
    kept.put_note(KIND, MANIFEST, json.dumps(note).encode())
    assert platforms.recall(kept, MANIFEST) is None


@pytest.mark.parametrize(
    "note",
    [b"", b"[]", b"{}", b'{"sha256": 1}', b"\xff", b'{"mode": "x"}'],
)
def test_a_damaged_note_is_forgotten(folder: Path, note: bytes) -> None:
    Cache(folder).put_note(KIND, MANIFEST, note)
    assert platforms.recall(Cache(folder), MANIFEST) is None


@pytest.mark.parametrize(
    "parents",
    [
        None,
        1,
        ["hooks"],
        [{}],
        [{**FOLDER, "mtime": "x"}],
        [{**FOLDER, "attributes": 5}],
        [{**FOLDER, "attributes": {"key": "no hex"}}],
    ],
)
def test_so_is_one_about_damaged_directories(folder: Path, pristine: Hook, parents: object) -> None:
    kept = Cache(folder)
    platforms.remember(kept, MANIFEST, pristine)
    note = json.loads(kept.note(KIND, MANIFEST) or b"")
    kept.put_note(KIND, MANIFEST, json.dumps({**note, "parents": parents}).encode())
    assert platforms.recall(kept, MANIFEST) is None
