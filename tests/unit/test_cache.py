"""The cache of small immutable things: verified, private, optional, never in the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ksimage import cache
from ksimage.cache import Cache
from ksimage.images.digest import sha256
from ksimage.images.manifest import MAX_CONFIG

DATA = b"some manifest"
DIGEST = sha256(DATA)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    cache.default.cache_clear()
    yield
    cache.default.cache_clear()


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
