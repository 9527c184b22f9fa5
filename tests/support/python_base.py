"""A base image with a complete Python, made of this machine's own: no image is pulled.

Beside the interpreter of the tests it holds what ``python -m venv`` needs (ensurepip and, on
Debian, the wheels that it takes from elsewhere), the shared libraries and a few programs.
"""

from __future__ import annotations

import fnmatch
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable
from pathlib import Path

from tests.support import requires

TOOLS = ("sh", "ls", "id", "chmod", "cat", "env", "find")
WHEELS = Path("/usr/share/python-wheels")
_LEFT_OUT = ("*.opt-?.pyc", "test", "tests", "idlelib", "tkinter", "turtledemo", "lib2to3",
             "pydoc_data", "*.a", "site-packages", "dist-packages")  # fmt: skip
_LIBRARY = re.compile(r"(/\S+) \(0x")


def standard_library() -> str:
    """Where it lies, in the image as here."""
    return sysconfig.get_path("stdlib")


def build(path: Path, tools: tuple[str, ...] = TOOLS) -> Path:
    """Write the root file system, with these programs, as a tar file and return its path."""
    python = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}").resolve()
    requires.condition(python.is_file(), f"there is no {python}")
    stdlib = Path(sysconfig.get_path("stdlib"))
    requires.condition((stdlib / "ensurepip").is_dir(), "this Python has no ensurepip")
    programs = {tool: Path(requires.program(tool)).resolve() for tool in tools}
    files = _tree(stdlib)
    if WHEELS.is_dir():
        files += _tree(WHEELS)
    binaries = [python, *programs.values(), *(file for file in files if ".so" in file.suffixes)]
    with tarfile.open(path, "w", dereference=True) as archive:
        made: set[str] = set()
        for folder in ("bin", "etc", "tmp", "lib", "lib64", "usr/bin"):
            _folder(archive, made, folder)
        for file in sorted({*files, python, *map(Path, libraries(binaries))}):
            _folder(archive, made, str(file.parent).lstrip("/"))
            archive.add(file, str(file).lstrip("/"), recursive=False, filter=_owned_by_root)
        for name, program in programs.items():
            archive.add(program, f"usr/bin/{name}", recursive=False, filter=_owned_by_root)
        for name, target in (("bin/sh", "/usr/bin/sh"), ("usr/bin/python3", str(python))):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            archive.addfile(link)
    return path


def _tree(top: Path) -> list[Path]:
    found = []
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if not _left_out(name)]
        found += [Path(folder, name) for name in files if not _left_out(name)]
    return [file for file in found if file.is_file()]


def _left_out(name: str) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in _LEFT_OUT)


def libraries(binaries: Iterable[Path]) -> set[str]:
    """The shared libraries that they need."""
    command = [requires.program("ldd"), *map(str, binaries)]
    output = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    return set(_LIBRARY.findall(output))


def _folder(archive: tarfile.TarFile, made: set[str], name: str) -> None:
    """A folder that every account may enter, and the folders above it."""
    parts = name.split("/")
    for depth in range(1, len(parts) + 1):
        above = "/".join(parts[:depth])
        if above and above not in made:
            made.add(above)
            info = tarfile.TarInfo(above)
            info.type, info.mode = tarfile.DIRTYPE, 0o1777 if above == "tmp" else 0o755
            archive.addfile(info)


def _owned_by_root(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.mode |= 0o444
    return info
