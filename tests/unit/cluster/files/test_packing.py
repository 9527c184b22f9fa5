"""The pack program on the Pythons that installers have, and what is made of its stream."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support import requires
from tests.unit.cluster.objects_of import pod

from ksimage import resources
from ksimage.bundle.archive import open_bundle
from ksimage.cluster import program
from ksimage.cluster.files import packing
from ksimage.cluster.files.packing import Packed, fetch
from ksimage.cluster.kubectl import Kubectl
from ksimage.errors import CannotGather, ClusterAnswerCut

PYTHONS = ("3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
LIMIT = 64 << 20


def _python(version: str) -> str:
    for path in sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python3")):
        return str(path)
    return requires.program(f"python{version}")


def _tree(root: Path) -> Path:
    run = root / "results" / "monitoring" / "monitoring"
    (run / "job_events").mkdir(parents=True)
    (run / "rc").write_text("2")
    (run / "stdout").write_bytes(b"\x00\xff\r\n" * 100)
    for number in range(30):
        event = run / "job_events" / f"{number}-uuid.json"
        event.write_text("{}" * number)
        os.utime(event, (number, number))
    (run / "link").symlink_to("/etc/passwd")
    os.mkfifo(run / "fifo")
    return root / "results"


def _fetch(prefix: tuple[str, ...], root: Path, tmp_path: Path, **more: object) -> Packed:
    options = {"python": sys.executable, "limit": LIMIT, "seconds": 20.0, "others": {}, **more}
    return fetch(prefix, tmp_path / "out.tar.gz", results=str(root), **options)  # type: ignore[arg-type]


def _contents(tmp_path: Path) -> dict[str, bytes]:
    return {entry.path: entry.read() for entry in open_bundle(tmp_path / "out.tar.gz").entries()}


@pytest.mark.parametrize("version", PYTHONS)
def test_every_byte_arrives(tmp_path: Path, version: str) -> None:
    root = _tree(tmp_path)
    hook = tmp_path / "hook"
    hook.write_bytes(b"\xfe")
    others = {"hook/x": str(hook), "hook/absent": str(tmp_path / "absent")}
    packed = _fetch((), root, tmp_path, python=_python(version), others=others)

    found = _contents(tmp_path)
    expected = {
        f"results/{path.relative_to(root)}": path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    assert found == {"hook/x": b"\xfe", **expected}
    assert packed == Packed("", len(found))


def test_beyond_the_limit_old_events_are_left_out(tmp_path: Path) -> None:
    packed = _fetch((), _tree(tmp_path), tmp_path, limit=1000)
    names = [name for name in _contents(tmp_path) if "job_events" in name]
    assert packed.omitted
    assert len(names) + packed.omitted == 30
    assert names[0].endswith("/29-uuid.json")
    assert "results/monitoring/monitoring/rc" in _contents(tmp_path)


def test_of_a_long_file_the_end_is_taken(tmp_path: Path) -> None:
    root = _tree(tmp_path)
    long = root / "monitoring" / "monitoring" / "stdout"
    long.write_bytes(b"a" * 5000 + b"b" * 500)
    packed = _fetch((), root, tmp_path, limit=2000)
    name = "results/monitoring/monitoring/stdout"
    assert packed.truncated == {name: 5500}
    assert _contents(tmp_path)[name] == b"a" * 500 + b"b" * 500


def test_what_may_not_be_read_is_said(tmp_path: Path) -> None:
    root = _tree(tmp_path)
    (root / "secret").write_text("x")
    # Root may read everything; a name that is too long for the system is refused to all.
    others = {"hook/x": "/" + "x" * 5000}
    assert _fetch((), root, tmp_path, others=others).unreadable == {"hook/x": "File name too long"}


def test_a_folder_that_is_not_there_gives_nothing(tmp_path: Path) -> None:
    assert _fetch((), tmp_path / "absent", tmp_path) == Packed("", 0)


def _cut(tmp_path: Path, keep: int) -> tuple[str, ...]:
    """A command that runs another, passes on ``keep`` bytes, and ends with status 0."""
    script = tmp_path / "cut"
    script.write_text(f'#!/bin/sh\n"$@" | head -c {keep}\nexit 0\n')
    script.chmod(0o755)
    return (str(script),)


@pytest.mark.parametrize("keep", [0, 1, 300, 700])
def test_a_cut_stream_is_told_from_a_whole_one(tmp_path: Path, keep: int) -> None:
    packed = _fetch(_cut(tmp_path, keep), _tree(tmp_path), tmp_path)
    assert packed.why


def test_bytes_that_were_changed_on_the_way_are_seen(tmp_path: Path) -> None:
    script = tmp_path / "change"
    script.write_text('#!/bin/sh\n"$@" | tr "\\000" "\\001"\n')
    script.chmod(0o755)
    packed = _fetch((str(script),), _tree(tmp_path), tmp_path)
    assert "is not what was sent" in packed.why


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo denied: no exec for you >&2; exit 1", "denied: no exec for you"),
        ("sleep 60", "it took longer than 1 s"),
        ("exec cat /dev/zero", "bytes came"),
        ("printf '\\nksimage-end [1]\\n'", "cut after"),
        ("printf '\\nksimage-end {}\\n'", "is not what was sent"),
        ("yes ksimage-end", "bytes came"),
    ],
)
def test_hostile_and_dead_pods_are_said_in_words(tmp_path: Path, script: str, why: str) -> None:
    program = tmp_path / "pod"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    start = time.monotonic()
    packed = _fetch((str(program),), tmp_path, tmp_path, seconds=1.0, limit=1 << 20)
    assert why in packed.why
    assert time.monotonic() - start < 15
    assert packed.files == 0


def test_the_program_is_plain_ascii_of_python_3_6() -> None:
    path = resources.path(packing.PROGRAM)
    path.read_bytes().decode("ascii")
    subprocess.run(
        [_python("3.6"), "-c", f"compile(open({str(path)!r}).read(), 'pack', 'exec')"], check=True
    )


def test_a_full_temporary_disk_is_named(tmp_path: Path, full_disk: Callable[[int], None]) -> None:
    root = _tree(tmp_path)
    (root / "noise").write_bytes(os.urandom(1 << 18))
    full_disk(1 << 16)
    with pytest.raises(CannotGather) as caught:
        _fetch((), root, tmp_path)
    assert "out.tar.gz" in caught.value.message
    assert "TMPDIR" in caught.value.advice[0]


def _archive() -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        info = tarfile.TarInfo("results/rc")
        info.size = 50_000
        archive.addfile(info, io.BytesIO(b"x" * 50_000))
    return held.getvalue()


WHOLE = _archive()


def _answers(monkeypatch: pytest.MonkeyPatch, *answers: bytes) -> list[bytes]:
    left = list(answers)
    monkeypatch.setattr(program, "run", lambda *_, **__: left.pop(0))
    return left


def test_saved_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, WHOLE)
    path = packing.save(Kubectl(), pod(), tmp_path)
    assert path.read_bytes() == WHOLE
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.name.startswith("ks-installer-results-ks-installer-1-")


@pytest.mark.parametrize(
    "cut",
    [b"", b"not gzip", WHOLE[:-4], WHOLE[: len(WHOLE) // 2]],
    ids=["empty", "not gzip", "without its end", "half"],
)
def test_what_came_cut_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: bytes
) -> None:
    left = _answers(monkeypatch, cut, WHOLE)
    assert packing.save(Kubectl(), pod(), tmp_path).read_bytes() == WHOLE
    assert left == []


def test_cut_twice_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, WHOLE[:-4], WHOLE[:9])
    with pytest.raises(ClusterAnswerCut):
        packing.save(Kubectl(), pod(), tmp_path)
    assert list(tmp_path.iterdir()) == []
