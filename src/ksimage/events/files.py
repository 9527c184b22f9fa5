"""A results folder as it lies on a disk: ``ROOT/<component>/<ident>/{job_events/, rc, stdout}``.

Read without following links and without believing sizes or names.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from ksimage.errors import NoResults

FILE_LIMIT = 4 << 20
"""Bytes of the largest event that is read. ansible-runner drops results above 700,000 bytes."""
_FIRST_READ = 1 << 16
_MOST_FOLDERS = 1000
_LEFT_OVER = "-partial.json"
# A link could lead anywhere, and opening a FIFO would wait for its writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_decode = json.JSONDecoder().decode


class EventFile(NamedTuple):
    """What an event file holds: ``raw`` is its JSON, or ``damage`` says why there is none."""

    name: str
    raw: object
    damage: str
    mtime: float | None
    """Only where the event has no time of its own, and of ``rc``."""


def results_root(path: Path) -> Path:
    """The folder whose folders are components, ``path`` or ``path/results``.

    Raises:
        NoResults: nothing there looks like ansible-runner's results.
    """
    for root in (path, path / "results"):
        if any(run_folders(root)):
            return root
    raise NoResults(path)


def run_folders(root: Path) -> Iterator[tuple[str, str]]:
    """The (component, ident) of all folders that ansible-runner wrote, in the names' order."""
    found = 0
    for component in _folders(root):
        for ident in _folders(root / component):
            here = root / component / ident
            if (here / "job_events").is_dir() or (here / "rc").is_file():
                found += 1
                if found > _MOST_FOLDERS:
                    return
                yield component, ident


def counter_of(name: str) -> int | None:
    """The counter that an event file's name begins with; None when it is no event file's name."""
    if not name.endswith(".json") or name.endswith(_LEFT_OVER):
        return None
    digits = name.partition("-")[0]
    if not digits.isascii() or not digits.isdigit() or len(digits) > 15:
        return None
    return int(digits)


def in_order(names: list[str]) -> list[str]:
    """The event files among a folder's names, by counter."""
    numbered = [(number, name) for name in names if (number := counter_of(name)) is not None]
    numbered.sort()
    return [name for _, name in numbered]


def left_over(names: list[str]) -> list[str]:
    """Files that ansible-runner had not finished, of events that no whole file has."""
    partial = [name for name in names if name.endswith(_LEFT_OVER)]
    if not partial:
        return []
    whole = {name.partition("-")[2] for name in names if not name.endswith(_LEFT_OVER)}
    return [name for name in partial if name.replace(_LEFT_OVER, ".json") not in whole]


def read_path(path: Path) -> Iterator[EventFile]:
    """All that one ident's folder holds: event files in order, what is damaged, and ``rc`` last.

    ``rc``'s ``raw`` is the exit status; it is absent while the run goes on.
    """
    try:
        folder = os.open(path / "job_events", _FOLDER)
    except OSError as error:
        yield EventFile("job_events", None, error.strerror or "cannot be opened", None)
    else:
        try:
            names = os.listdir(folder)  # noqa: PTH208 - of an open folder
            for name in left_over(names):
                yield EventFile(name, None, "ansible-runner had not finished it", None)
            times = partial(_mtime, folder)
            yield from read_folder(folder, in_runs(in_order(names), times))
        finally:
            os.close(folder)
    yield from _read_rc(path / "rc")


def in_runs(names: list[str], time_of: Callable[[str], float]) -> list[str]:
    """Names in order, where a second run may lie beside the first: one whole run after the other.

    Only where the files' times tell runs apart: a copy may have lost them.

    Args:
        names: as :func:`in_order` gives them.
        time_of: when a file was written; asked only where counters come twice.
    """
    most = max(Counter(map(counter_of, names)).values(), default=0)
    if most < 2:
        return names
    by_time = sorted(names, key=time_of)
    numbers = [counter_of(name) or 0 for name in by_time]
    begins = sum(after < before for before, after in pairwise(numbers))
    return by_time if begins < most else names


def read_folder(folder: int, names: list[str]) -> Iterator[EventFile]:
    """Read event files of the open folder ``folder``, in the order given."""
    for name in names:
        try:
            file = os.open(name, _FILE, dir_fd=folder)
        except OSError as error:
            yield EventFile(name, None, error.strerror or "cannot be opened", None)
            continue
        try:
            data = os.read(file, _FIRST_READ)
            if len(data) == _FIRST_READ:
                data = _rest(file, data)
            raw = parse(data)
            # Only ansible-runner 1.4's "verbose" has none; a stat for each would cost a tenth.
            bare = type(raw) is dict and "created" not in raw
            yield EventFile(name, raw, "", os.fstat(file).st_mtime if bare else None)
        except OSError as error:
            yield EventFile(name, None, error.strerror or "cannot be read", None)
        except ValueError as error:
            yield EventFile(name, None, str(error), None)
        finally:
            os.close(file)


def parse(data: bytes) -> object:
    """An event file's JSON; bytes that are not UTF-8 are replaced.

    Raises:
        ValueError: saying why it is none, in words.
    """
    if not data:
        raise ValueError("empty")
    if len(data) > FILE_LIMIT:
        raise ValueError(f"larger than {FILE_LIMIT >> 20} MiB")
    try:
        return _decode(data.decode("utf-8", "replace"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except json.JSONDecodeError as error:
        whole = data.rstrip().endswith(b"}")
        raise ValueError(f"not JSON: {error.msg}" if whole else "ends in the middle") from None
    except ValueError:
        raise ValueError("holds a number of thousands of digits") from None


def _folders(path: Path) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _rest(file: int, data: bytes) -> bytes:
    parts = [data]
    size = len(data)
    while size <= FILE_LIMIT and (part := os.read(file, 1 << 20)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _mtime(folder: int, name: str) -> float:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime
    except OSError:
        return 0.0


def _read_rc(path: Path) -> Iterator[EventFile]:
    try:
        file = os.open(path, _FILE)
    except OSError:
        return  # the run goes on, or was cut
    try:
        text = os.read(file, 64)
        yield EventFile("rc", int(text), "", os.fstat(file).st_mtime)
    except (OSError, ValueError):
        yield EventFile("rc", None, "not a number", None)
    finally:
        os.close(file)
