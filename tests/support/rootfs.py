"""A root file system in which hooks run: this machine's Python, a shell, and stub libraries.

Made by copying, so that no image must be pulled. The stubs of ansible_runner and kubernetes are
importable and print what they are called with, which is all that a hook's ``--config`` and the
tests of verbosity need.
"""

from __future__ import annotations

import fnmatch
import io
import os
import re
import subprocess
import sysconfig
import tarfile
from pathlib import Path

import pytest

from tests.support import requires

TOOLS = ("sh", "env", "cat", "ls", "id", "stat", "sleep", "true", "sha256sum", "find")
PYTHONS = ("/usr/bin/python3", "/usr/local/bin/python3")
_LEFT_OUT = (
    "__pycache__", "test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3",
    "pydoc_data", "config-*", "*.a", "site-packages", "dist-packages", "_sqlite3*", "_tkinter*",
    "_curses*", "readline*", "_dbm*", "_gdbm*", "nis*", "sqlite3", "EXTERNALLY-MANAGED",
)  # fmt: skip
_LIBRARY = re.compile(r"(/\S+) \(0x")

ANSIBLE_RUNNER = b"""\
import json
import sys


class _Result:
    rc, status = 0, "successful"


def run(**arguments):
    print("ansible_runner.run " + json.dumps(arguments, default=str, sort_keys=True))
    sys.stdout.flush()
    return _Result()


def run_async(**arguments):
    return None, run(**arguments)
"""
KUBERNETES = b"from kubernetes import client, config\n"
CLIENT = b"class CustomObjectsApi:\n    pass\n"
CONFIG = b"def load_incluster_config():\n    pass\n\n\nload_kube_config = load_incluster_config\n"


def build(path: Path) -> Path:
    """Write the root file system as a tar file (about 40 MB) and return its path."""
    python = Path(next(text for text in PYTHONS if Path(text).exists())).resolve()
    stdlib = Path(_ask(python, "stdlib"))
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("bin", "usr", "usr/bin", "usr/lib", "lib", "lib64", "etc", "root", "proc"):
            _directory(archive, name)
        _directory(archive, "tmp", 0o1777)
        _directory(archive, "home/kubesphere", owner=1002)
        _file(archive, "etc/passwd", b"root:x:0:0::/root:/bin/sh\n"
              b"kubesphere:x:1002:1002::/home/kubesphere:/bin/sh\n")  # fmt: skip
        _file(archive, "etc/group", b"root:x:0:\nkubesphere:x:1002:\n")
        programs = [Path(requires.program(tool)).resolve() for tool in TOOLS]
        for tool, program in zip(TOOLS, programs, strict=True):
            _file(archive, f"usr/bin/{tool}", program.read_bytes(), 0o755)
        for link in ("bin/sh", "bin/cat"):
            _link(archive, link, f"../usr/{link}")
        _file(archive, "usr/bin/python3", python.read_bytes(), 0o755)
        extensions = _stdlib(archive, stdlib)
        for library in sorted(_libraries([python, *programs, *extensions])):
            _file(archive, library.lstrip("/"), Path(library).read_bytes(), 0o755)
        packages = f"{str(stdlib).lstrip('/').rpartition('/')[0]}/python3/dist-packages"
        _modules(archive, packages)
        # Debian's interpreter looks there; others look in site-packages of their own prefix.
        if not _is_debian(python):
            _modules(archive, f"{str(stdlib).lstrip('/')}/site-packages")
    return path


@pytest.fixture(scope="session")
def rootfs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root file system's tar, made once."""
    requires.condition(
        any(Path(text).exists() for text in PYTHONS), "no python3 of the system to copy"
    )
    return build(tmp_path_factory.mktemp("rootfs") / "rootfs.tar")


def _stdlib(archive: tarfile.TarFile, stdlib: Path) -> list[Path]:
    extensions = []
    for folder, folders, files in os.walk(stdlib):
        folders[:] = sorted(name for name in folders if not _left_out(name))
        for name in sorted(files):
            source = Path(folder) / name
            if _left_out(name) or not source.is_file():
                continue
            if name.endswith(".so"):
                extensions.append(source)
            _file(archive, str(source).lstrip("/"), source.read_bytes())
    return extensions


def _modules(archive: tarfile.TarFile, packages: str) -> None:
    _file(archive, f"{packages}/ansible_runner/__init__.py", ANSIBLE_RUNNER)
    _file(archive, f"{packages}/kubernetes/__init__.py", KUBERNETES)
    _file(archive, f"{packages}/kubernetes/client.py", CLIENT)
    _file(archive, f"{packages}/kubernetes/config.py", CONFIG)


def _left_out(name: str) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in _LEFT_OUT)


def _ask(python: Path, key: str) -> str:
    code = f"import sysconfig; print(sysconfig.get_path({key!r}))"
    return subprocess.run(
        [str(python), "-I", "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()


def _is_debian(python: Path) -> bool:
    code = "import site; print(*site.getsitepackages())"
    found = subprocess.run(
        [str(python), "-I", "-c", code], check=True, capture_output=True, text=True
    )
    return "/usr/lib/python3/dist-packages" in found.stdout


def _libraries(binaries: list[Path]) -> set[str]:
    """What the dynamic linker would load, by the paths it names."""
    command = [requires.program("ldd"), *map(str, binaries)]
    output = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    return set(_LIBRARY.findall(output))


def _file(archive: tarfile.TarFile, name: str, data: bytes, mode: int = 0o644) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), mode
    archive.addfile(info, io.BytesIO(data))


def _directory(archive: tarfile.TarFile, name: str, mode: int = 0o755, owner: int = 0) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.uid, info.gid = tarfile.DIRTYPE, mode, owner, owner
    archive.addfile(info)


def _link(archive: tarfile.TarFile, name: str, target: str) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    archive.addfile(info)


ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(
    sysconfig.get_platform().rpartition("-")[2], "amd64"
)
"""This machine's, in the words of images; a runnable image must be of it."""
