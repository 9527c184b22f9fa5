"""A bundle is whole or not there, and its manifest is true."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ksimage.bundle.archive import open_bundle
from ksimage.bundle.material import Material, Missing, Part
from ksimage.bundle.writer import write
from ksimage.errors import CannotWrite
from ksimage.redact.redactor import Redactor

SECRET = "Zq8-pear/x1"


class Files:
    """Contents that are at hand."""

    def __init__(self, files: dict[str, bytes], why: str = "") -> None:
        self._files = files
        self._why = why

    def parts(self) -> Iterator[Part]:
        for path, data in self._files.items():
            yield Part(path, (data[at : at + 7] for at in range(0, len(data), 7)))

    def missing(self) -> list[Missing]:
        return [Missing("x", self._why)] if self._why else []


def _bundle(path: Path) -> dict[str, bytes]:
    return {entry.path: entry.read() for entry in open_bundle(path).entries()}


def test_names_hide_what_the_files_hide(tmp_path: Path) -> None:
    redactor = Redactor()
    redactor.give("node7.corp")
    files = {
        "logs/node7.corp/x.log": b"on node7.corp\n",
        "results/password=Zq8-pear77/rc": b"0",
        "results/password=Zq8-pear77/said": b"--password Zq8-pear77",
    }
    written = write(tmp_path / "b.tar.gz", Files(files), redactor, {"source": "node7.corp/r"}, 1e9)
    found = _bundle(written.path)
    logs, rc, said = (name for name in found if name != "MANIFEST.json")
    assert logs.startswith("logs/[redacted:") and logs.endswith("]/x.log")
    assert rc.startswith("results/password=[redacted:") and rc.endswith("]/rc")
    assert said.endswith("]/said"), "what comes after a value stays, or names would be the same"
    assert b"node7" not in found["MANIFEST.json"] and b"pear" not in found["MANIFEST.json"]
    assert str(written.manifest["source"]).endswith("]/r")


FILES = {
    "results/a.json": json.dumps({"password": SECRET}).encode(),
    "logs/x.log": f"found {SECRET}\n".encode(),
    "logs/binary": bytes(range(256)),
}


def test_the_manifest_tells_what_is_there(tmp_path: Path) -> None:
    contents = Files(FILES, why=f"denied: {SECRET}")
    written = write(tmp_path / "b.tar.gz", contents, Redactor(), {"source": "test"}, 1e9)

    found = _bundle(written.path)
    manifest = json.loads(found.pop("MANIFEST.json"))
    assert manifest == written.manifest
    assert manifest["redacted"] is True
    assert manifest["created"] == "2001-09-09T01:46:40Z"
    assert manifest["source"] == "test"
    assert {file["path"]: file["sha256"] for file in manifest["files"]} == {
        path: hashlib.sha256(data).hexdigest() for path, data in found.items()
    }
    assert [file["redactions"] for file in manifest["files"]] == [1, 1, 0]
    assert found["logs/binary"] == FILES["logs/binary"]
    assert SECRET.encode() not in b"".join(found.values())
    assert SECRET not in json.dumps(manifest)
    data = written.path.read_bytes()
    assert (written.size, written.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert written.redactions == 2


def test_without_a_redactor_every_byte_is_as_it_was(tmp_path: Path) -> None:
    written = write(tmp_path / "b.tar.gz", Files(FILES), None, {}, 1e9)
    found = _bundle(written.path)
    assert json.loads(found.pop("MANIFEST.json"))["redacted"] is False
    assert found == FILES


def test_times_of_files_are_kept(tmp_path: Path) -> None:
    class Timed(Files):
        def parts(self) -> Iterator[Part]:
            yield Part("results/rc", (b"0",), mtime=1_700_000_000)
            yield Part("logs/x", (b"1",))

    write(tmp_path / "b.tar.gz", Timed({}), None, {}, 1.5e9)
    found = {entry.path: entry.mtime for entry in open_bundle(tmp_path / "b.tar.gz").entries()}
    assert found["results/rc"] == 1_700_000_000
    assert found["logs/x"] == 1_500_000_000


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    written = write(tmp_path / "b.tar.gz", Files(FILES), None, {}, 1e9)
    assert written.path.stat().st_mode & 0o777 == 0o600


def test_long_and_odd_paths_survive(tmp_path: Path) -> None:
    paths = ["results/" + "a/" * 120 + "x", "logs/日志.log", "logs/\udcff"]
    written = write(tmp_path / "b.tar.gz", Files(dict.fromkeys(paths, b"1")), None, {}, 1e9)
    assert [*_bundle(written.path)] == [*paths, "MANIFEST.json"]


def test_an_error_midway_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    class Broken(Files):
        def parts(self) -> Iterator[Part]:
            yield Part("a", (b"1",))
            raise RuntimeError

    (tmp_path / "b.tar.gz").write_bytes(b"old")
    with pytest.raises(RuntimeError):
        write(tmp_path / "b.tar.gz", Broken({}), None, {}, 1e9)
    assert {path.name for path in tmp_path.iterdir()} == {"b.tar.gz"}
    assert (tmp_path / "b.tar.gz").read_bytes() == b"old"


def test_a_full_disk_leaves_nothing(tmp_path: Path, full_disk: Callable[[int], None]) -> None:
    noise = random.Random(1)
    files = {f"{n}": noise.randbytes(1 << 18) for n in range(20)}
    full_disk(1 << 20)
    with pytest.raises(CannotWrite, match=r"b\.tar\.gz"):
        write(tmp_path / "b.tar.gz", Files(files), None, {}, 1e9)
    assert list(tmp_path.iterdir()) == []


def test_material_is_contents(tmp_path: Path) -> None:
    with Material() as material:
        material.add("a", b"1")
        assert _bundle(write(tmp_path / "b", material, Redactor(), {}, 1e9).path)["a"] == b"1"
