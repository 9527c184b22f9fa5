"""Files that a command writes beside its result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ksimage.errors import CannotRead, CannotWrite, NotEmpty

if TYPE_CHECKING:
    from collections.abc import Iterable


def read(path: Path, most: int = -1) -> bytes:
    """A file's bytes, ``most`` of them if it is not negative. Raises CannotRead."""
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise CannotRead(path, error) from error


def write(path: str, text: str) -> None:
    """Write into what a name stands for, be it a pipe. Raises CannotWrite."""
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotWrite(path, error) from error


def require_writable(path: Path) -> None:
    """Find out whether a file could be written, and leave nothing behind. Raises CannotWrite."""
    there = path.exists()
    if path.is_fifo() or path.is_char_device():
        return  # to open and close a pipe would end it for its reader
    try:
        path.open("a").close()
        if not there:
            path.unlink()
    except OSError as error:
        raise CannotWrite(path, error) from error


def replace(path: Path, data: bytes) -> None:
    """Write a file by renaming a finished one over it; its mode stays. Raises CannotWrite."""
    from ksimage.locations.files.staging import write_atomic

    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else None
        write_atomic(path, data)
        if mode is not None:
            path.chmod(mode)
    except OSError as error:
        raise CannotWrite(path, error) from error


def fill(directory: Path, files: Iterable[tuple[str, bytes, int]]) -> list[Path]:
    """Write files (name, content, mode) into a folder that is new or empty.

    Raises:
        NotEmpty, CannotWrite.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise NotEmpty(directory)
        paths = []
        for name, content, mode in files:
            path = directory / name
            path.write_bytes(content)
            path.chmod(mode)
            paths.append(path)
    except OSError as error:
        raise CannotWrite(directory, error) from error
    return paths
