"""A results folder as it lies on a disk: ``ROOT/<component>/<ident>/{job_events/, rc, stdout}``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ksimage.errors import NoResults
from ksimage.events import files
from ksimage.events.build import Builder

if TYPE_CHECKING:
    from ksimage.events.model import Attempt

_MOST_FOLDERS = 1000


def read_tree(path: str | Path) -> Attempt:
    """Read all runs below a folder.

    Args:
        path: the results folder, or one that holds it as ``results`` (a bundle's, /kubesphere).

    Raises:
        NoResults: there is no such folder, or no run in it.
    """
    root = results_root(Path(path))
    builder = Builder()
    for component, ident in run_folders(root):
        read_run(builder, root, component, ident)
    return builder.attempt


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


def read_run(builder: Builder, root: Path, component: str, ident: str) -> None:
    """Feed a builder with all events of one folder, and its rc."""
    here = f"{component}/{ident}"
    for name, raw, damage, mtime in files.read_path(root / component / ident):
        path = f"{here}/{name}" if name in ("rc", "job_events") else f"{here}/job_events/{name}"
        if damage:
            builder.damage(path, damage)
        elif name == "rc":
            assert isinstance(raw, int)
            builder.set_rc(component, ident, raw, mtime)
        else:
            builder.feed(component, ident, raw, path=path, mtime=mtime)


def _folders(path: Path) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []
