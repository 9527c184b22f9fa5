"""The cache of small immutable things: verified, private, optional, never in the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ksimage import cache
from ksimage.cache import Cache
from ksimage.hook import memory
from ksimage.hook.find import Hook
from ksimage.images.digest import sha256
from ksimage.images.manifest import MAX_CONFIG
from ksimage.upstream import releases

DATA = b"some manifest"
DIGEST = sha256(DATA)
MANIFEST = sha256(b"of an image")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    cache.default.cache_clear()
    yield
    cache.default.cache_clear()


@pytest.fixture
def pristine(monkeypatch: pytest.MonkeyPatch) -> Hook:
    """A hook that counts as upstream's."""
    hook = Hook(b"#!/usr/bin/env python3\n", 0o755, 1002, 1002, sha256(b"layer"))
    known = releases.find("v3.3.2")
    real = releases.by_hook
    monkeypatch.setattr(
        releases, "by_hook", lambda digest: (known,) if digest == hook.sha256 else real(digest)
    )
    return hook


def test_round_trip(folder: Path) -> None:
    assert Cache(folder).get(DIGEST) is None
    Cache(folder).put(DIGEST, DATA)
    assert Cache(folder).get(DIGEST) == DATA
    assert (folder / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not list(folder.rglob(".new-*"))


def test_damaged_content_is_no_content(folder: Path) -> None:
    Cache(folder).put(DIGEST, DATA)
    (folder / "blobs" / DIGEST.removeprefix("sha256:")).write_bytes(b"other bytes")
    assert Cache(folder).get(DIGEST) is None
    Cache(folder).put(DIGEST, DATA)
    assert Cache(folder).get(DIGEST) == DATA


def test_large_content_is_not_kept(folder: Path) -> None:
    data = bytes(MAX_CONFIG + 1)
    Cache(folder).put(sha256(data), data)
    assert Cache(folder).get(sha256(data)) is None


@pytest.mark.parametrize("digest", ["sha256:../../etc/passwd", "", "md5:00", "/etc/passwd"])
def test_only_digests_are_names(folder: Path, digest: str) -> None:
    Cache(folder).put(digest, DATA)
    assert Cache(folder).get(digest) is None
    assert not folder.exists()


def test_an_unwritable_folder_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    Cache(tmp_path / "file" / "cache").put(DIGEST, DATA)
    assert Cache(tmp_path / "file" / "cache").get(DIGEST) is None


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"KSIMAGE_CACHE_DIR": "off"}, None),
        ({"KSIMAGE_CACHE_DIR": "/named"}, "/named"),
        ({"XDG_CACHE_HOME": "/xdg"}, "/xdg/ksimage"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/home/me"}, "/home/me/.cache/ksimage"),
        ({"HOME": "/home/me"}, "/home/me/.cache/ksimage"),
    ],
)
def test_where_it_is(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str | None
) -> None:
    for name in ("KSIMAGE_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = cache.default()._folder
    assert found == (Path(expected) if expected else None)


def test_a_pristine_hook_is_remembered(folder: Path, pristine: Hook) -> None:
    memory.remember(Cache(folder), MANIFEST, pristine)
    assert memory.recall(Cache(folder), MANIFEST) == pristine


def test_a_foreign_hook_is_not(folder: Path) -> None:
    foreign = Hook(b"import evil\n", 0o755, 0, 0, DIGEST)
    memory.remember(Cache(folder), MANIFEST, foreign)
    assert memory.recall(Cache(folder), MANIFEST) is None
    # nor when somebody writes it there by hand
    kept = Cache(folder)
    kept.put(f"sha256:{foreign.sha256}", foreign.data)
    note = {"sha256": f"sha256:{foreign.sha256}", "mode": 493, "uid": 0, "gid": 0, "layer": DIGEST}
    kept.put_note("hooks", MANIFEST, json.dumps(note).encode())
    assert memory.recall(kept, MANIFEST) is None


@pytest.mark.parametrize("note", [b"", b"[]", b"{}", b'{"sha256": 1}', b"\xff", b'{"mode": "x"}'])
def test_a_damaged_note_is_forgotten(folder: Path, note: bytes) -> None:
    Cache(folder).put_note("hooks", MANIFEST, note)
    assert memory.recall(Cache(folder), MANIFEST) is None
