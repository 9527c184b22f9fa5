"""Bundles that nobody vouches for."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ksimage.bundle.archive import TOP, open_bundle
from ksimage.errors import BundleUnusable

Fill = Callable[[tarfile.TarFile], None]


def _file(tar: tarfile.TarFile, name: str, content: bytes = b"x") -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def _special(name: str, kind: bytes, link: str = "") -> Fill:
    def fill(tar: tarfile.TarFile) -> None:
        _file(tar, "results/rc")
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, link
        tar.addfile(info)

    return fill


def _named(*names: str) -> Fill:
    def fill(tar: tarfile.TarFile) -> None:
        for name in names:
            _file(tar, name)

    return fill


def _write(path: Path, fill: Fill, mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        fill(tar)
    return path


def _drain(path: Path) -> None:
    for entry in open_bundle(path).entries():
        entry.read()


def test_entries_come_in_order_without_the_top_folder(tmp_path: Path) -> None:
    def fill(tar: tarfile.TarFile) -> None:
        info = tarfile.TarInfo(TOP)
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
        _file(tar, f"{TOP}/results/a/rc", b"0")
        _file(tar, f"./{TOP}/logs/x.log", b"hello")
        _file(tar, f"{TOP}/MANIFEST.json", b'{"redacted": true}')

    bundle = open_bundle(_write(tmp_path / "b.tar.gz", fill))

    found = [(entry.path, entry.size, entry.read()) for entry in bundle.entries()]
    assert found[0] == ("results/a/rc", 1, b"0")
    assert found[1] == ("logs/x.log", 5, b"hello")
    assert bundle.manifest() == {"redacted": True}


def test_a_plain_tar_of_a_results_folder_is_one_too(tmp_path: Path) -> None:
    bundle = open_bundle(_write(tmp_path / "b.tar", _named("./monitoring/x/rc"), "w"))

    assert [entry.path for entry in bundle.entries()] == ["monitoring/x/rc"]
    assert bundle.manifest() is None


def test_large_entries_come_in_pieces(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000
    path = _write(tmp_path / "b.tgz", lambda tar: _file(tar, "results/stdout", content))

    (pieces,) = [list(entry.pieces()) for entry in open_bundle(path).entries()]
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= 1 << 20


@pytest.mark.parametrize(
    ("fill", "why"),
    [
        (_named("/etc/passwd"), "an absolute path"),
        (_named("results/../../x"), "leads out of the bundle"),
        (_named("results/a", "./results//a"), "in it twice"),
        (_named("results\\a"), "no path that an installer has"),
        (_named("results/\x1b[2J\u202e", "/x"), "an absolute path"),
        (_named("results/" + "a" * 2000), "a path of 2008 characters"),
        (_special("results/l", tarfile.SYMTYPE, "/etc/shadow"), "results/l is a symbolic link"),
        (_special("results/l", tarfile.LNKTYPE, "results/rc"), "results/l is a hard link"),
        (_special("results/l", tarfile.CHRTYPE), "results/l is a character device"),
        (_special("results/l", tarfile.BLKTYPE), "results/l is a block device"),
        (_special("results/l", tarfile.FIFOTYPE), "results/l is a named pipe"),
        (_special(f"{TOP}", tarfile.REGTYPE), "a file has no name"),
        (lambda _tar: None, "no file in it"),
    ],
)
def test_what_no_bundle_holds_is_refused(tmp_path: Path, fill: Fill, why: str) -> None:
    with pytest.raises(BundleUnusable, match="is no usable bundle") as caught:
        _drain(_write(tmp_path / "b.tar.gz", fill))
    assert why in caught.value.why
    assert caught.value.why.isprintable()


def test_an_entry_larger_than_asked_for_is_refused(tmp_path: Path) -> None:
    bundle = open_bundle(_write(tmp_path / "b.tgz", lambda tar: _file(tar, "a", b"x" * 5000)))

    with pytest.raises(BundleUnusable) as caught:
        next(bundle.entries()).read(limit=4999)
    assert "a file of 5000 bytes where at most 4999" in caught.value.why


@pytest.mark.parametrize("compressed", [True, False])
def test_every_cut_is_seen(tmp_path: Path, compressed: bool) -> None:
    data = json.dumps(list(range(999))).encode()
    mode = "w:gz" if compressed else "w"
    whole = _write(tmp_path / "b", lambda tar: _file(tar, "a", data), mode).read_bytes()
    for length in range(1, len(whole) if compressed else 512 + len(data), 97):
        cut = tmp_path / "cut"
        cut.write_bytes(whole[:length])
        with pytest.raises(BundleUnusable):
            _drain(cut)


def test_a_bomb_is_refused_before_it_fills_anything(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tar.gz"
    info = tarfile.TarInfo("results/stdout")
    info.size = 1 << 33
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(info.tobuf(tarfile.GNU_FORMAT))
        for _ in range(300):
            file.write(bytes(1 << 20))

    with pytest.raises(BundleUnusable) as caught:
        for entry in open_bundle(path).entries():
            for _ in entry.pieces():
                pass
    assert "GiB" in caught.value.why or "bomb" in caught.value.why


@pytest.mark.parametrize("make", ["folder", "nothing", "text"])
def test_what_is_no_archive_is_said_so(tmp_path: Path, make: str) -> None:
    path = tmp_path / "x"
    if make == "folder":
        path.mkdir()
    elif make == "text":
        path.write_text("hello " * 200)

    with pytest.raises(BundleUnusable):
        open_bundle(path)
