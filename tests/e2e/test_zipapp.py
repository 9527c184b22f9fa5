"""`make zipapp`: one file, on every Python that is here, without installing anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.support import requires
from tests.support.program import MINIATURE, REPOSITORY, environment

pytestmark = pytest.mark.e2e

GOOD = ("3.10", "3.11", "3.12", "3.13")
OLD = ("3.8", "3.9")


def python(version: str) -> str:
    """An interpreter of that version, on PATH or where pyenv keeps them."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    places = [str(path / "bin" / "python") for path in sorted(pyenv.glob(f"{version}.*"))]
    found = next(iter(places), None) or shutil.which(f"python{version}")
    if found is None and version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        found = sys.executable
    if found is None:
        pytest.skip(f"no Python {version} here")
    return found


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("zipapp") / "ksimage.pyz"
    command = [sys.executable, str(REPOSITORY / "tools" / "make_zipapp.py"), str(target)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True)
    requires.condition(done.returncode == 0, f"pip cannot install here: {done.stderr[-500:]}")
    return target


def start(
    version: str, archive: Path, *words: str, cwd: Path, **env: str
) -> subprocess.CompletedProcess[str]:
    clean = environment({"PYTHONPATH": None, "PYTHONNOUSERSITE": "1", **env})
    command = [python(version), "-I", str(archive), *words]
    return subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True)


@pytest.mark.parametrize("version", GOOD)
def test_the_main_job(archive: Path, tmp_path: Path, version: str) -> None:
    cache = str(tmp_path / "cache")
    words = ("build", "v3.3.2", "--from", f"oci:{MINIATURE}", "--to", "oci:out")
    done = start(version, archive, *words, cwd=tmp_path, XDG_CACHE_HOME=cache)
    assert done.returncode == 0, done.stderr
    told = start(version, archive, "version", cwd=tmp_path, XDG_CACHE_HOME=cache).stdout
    assert f"(Python {version}." in told
    config = start(version, archive, "config", "--schema", cwd=tmp_path, XDG_CACHE_HOME=cache)
    assert config.returncode == 0, config.stderr
    (program,) = (tmp_path / "cache" / "ksimage" / "program").iterdir()
    assert not list(program.rglob("*.so"))


def test_every_python_makes_the_same_image(archive: Path, tmp_path: Path) -> None:
    digests = set()
    for version in GOOD:
        words = ("build", "v3.3.2", "--from", f"oci:{MINIATURE}", "--to", f"oci:{version}")
        done = start(version, archive, *words, cwd=tmp_path, XDG_CACHE_HOME=str(tmp_path / "c"))
        digests.add(done.stdout.strip().partition("@")[2])
    assert len(digests) == 1 and "" not in digests


def test_a_cache_that_cannot_be_written(archive: Path, tmp_path: Path) -> None:
    """The files are unpacked for the one run, and gone after it."""
    (tmp_path / "file").write_text("")
    (tmp_path / "tmp").mkdir()
    env = {"XDG_CACHE_HOME": str(tmp_path / "file"), "TMPDIR": str(tmp_path / "tmp")}
    done = start("3.11", archive, "releases", cwd=tmp_path, **env)
    assert done.returncode == 0 and "v3.3.2" in done.stdout, done.stderr
    refused = start("3.11", archive, "build", "v9", cwd=tmp_path, **env)
    assert refused.returncode == 4
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("version", OLD)
def test_an_old_python_is_told(archive: Path, tmp_path: Path, version: str) -> None:
    done = start(version, archive, "version", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"ksimage needs Python 3.10 or newer; this is {version}\n"


def test_nothing_compiled_is_in_it(archive: Path) -> None:
    names = zipfile.ZipFile(archive).namelist()
    assert not [name for name in names if name.endswith((".so", ".pyd"))]
    assert {"ksimage/_data/patches/series", "docker/__init__.py"} <= set(names)
