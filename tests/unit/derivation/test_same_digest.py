"""Same inputs, same digest: whatever the machine around it looks like."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from tests.support import derived
from tests.support.images import Recipe
from tests.support.program import COMMAND, REPOSITORY, environment

ARGUMENTS = ("build", "v3.3.2", "--verbose", "--to", "oci:out:t", "--from")


def interpreter(minor: int) -> str | None:
    """A Python 3.``minor`` of this machine: beside the one that runs the tests, pyenv's, or any."""
    name = f"python3.{minor}"
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    folders = (Path(sys.base_prefix).parent, pyenv)
    found = [
        str(path) for place in folders for path in sorted(place.glob(f"3.{minor}.*/bin/{name}"))
    ]
    for python in (*found, shutil.which(name)):
        if python and subprocess.run([python, "-c", ""], capture_output=True).returncode == 0:
            return python
    return None


NOTHING_COMPRESSES = """
import bz2, gzip, lzma, zlib

def refuse(*_, **__):
    raise AssertionError("something is compressed")

modules = [bz2, gzip, lzma, zlib]
for name in ("zlib_ng.zlib_ng", "zlib_ng.gzip_ng", "zstandard"):
    try:
        modules.append(__import__(name, fromlist=["x"]))
    except ImportError:
        pass
names = ("compress", "compressobj", "BZ2Compressor", "LZMACompressor", "GzipFile", "GzipNGFile")
for module in modules:
    for name in (*names, "ZstdCompressor"):
        if hasattr(module, name):
            setattr(module, name, refuse)
for compress in (zlib.compress, zlib.compressobj, gzip.compress):
    try:
        compress(b"")
    except AssertionError:
        continue
    raise SystemExit("it can still be compressed")
"""


def digest_of(
    cwd: Path, source: str, mask: int, python: str, *, before: str = "", **env: str
) -> str:
    """Of a build by ``python``, which runs ``before`` first."""
    cwd.mkdir()
    done = subprocess.run(
        [python, "-c", before + COMMAND[2], *ARGUMENTS, source],
        cwd=cwd,
        env={**environment(), "KSIMAGE_LABELS": "", **env},
        capture_output=True,
        text=True,
        umask=mask,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.rpartition("@")[2]


def test_under_other_settings(tmp_path: Path) -> None:
    recipes = (Recipe(), Recipe(architecture="arm64"))
    source = derived.base(tmp_path / "base", *recipes)
    digests = {
        digest_of(tmp_path / "a", source, 0o022, sys.executable),
        digest_of(
            tmp_path / "b", source, 0o077, sys.executable,
            TZ="Pacific/Kiritimati", LC_ALL="C", PYTHONHASHSEED="1", COLUMNS="20",
        ),
        digest_of(
            tmp_path / "c ü", source, 0o000, sys.executable,
            TZ="America/St_Johns", LC_ALL="C.UTF-8", PYTHONHASHSEED="2", PYTHONOPTIMIZE="1",
        ),
    }  # fmt: skip
    assert len(digests) == 1


@pytest.mark.parametrize("minor", [10, 11, 12, 13, 14])
def test_on_another_python(tmp_path: Path, minor: int) -> None:
    """Whatever zlib it was linked to: see the next test."""
    python = interpreter(minor)
    if python is None:
        pytest.skip(f"Python 3.{minor} is not installed")
    source = derived.base(tmp_path / "base", Recipe(), Recipe(architecture="arm64"))
    here = digest_of(tmp_path / "a", source, 0o022, sys.executable)
    # The packages of this environment, as far as they are pure Python.
    path = os.pathsep.join([str(REPOSITORY / "src"), sysconfig.get_path("purelib")])
    there = digest_of(tmp_path / "b", source, 0o022, python, PYTHONPATH=path)
    assert here == there


def test_nothing_is_compressed(tmp_path: Path) -> None:
    """What compressors make differs between versions and makers: so none of them is asked."""
    source = derived.base(tmp_path / "base", Recipe(), Recipe(architecture="arm64"))
    usual = digest_of(tmp_path / "a", source, 0o022, sys.executable)
    without = digest_of(tmp_path / "b", source, 0o022, sys.executable, before=NOTHING_COMPRESSES)
    assert usual == without


def test_epoch_changes_it_and_is_the_same_again(tmp_path: Path) -> None:
    source = derived.base(tmp_path / "base")
    plain = digest_of(tmp_path / "a", source, 0o022, sys.executable)
    epoch = {"SOURCE_DATE_EPOCH": "1700000000"}
    first = digest_of(tmp_path / "b", source, 0o022, sys.executable, **epoch)
    again = digest_of(tmp_path / "c", source, 0o077, sys.executable, **epoch)
    assert plain != first == again


def test_of_a_copy_made_elsewhere(tmp_path: Path) -> None:
    """Where the base lies is nobody's business, nor when its files were written."""
    first = derived.base(tmp_path / "one")
    second = derived.base(tmp_path / "two")
    for path in (tmp_path / "two").rglob("*"):
        os.utime(path, (1, 1))
    digests = {
        digest_of(tmp_path / name, source, 0o022, sys.executable)
        for name, source in (("a", first), ("b", second))
    }
    assert len(digests) == 1
