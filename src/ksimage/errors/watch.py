"""What can be wrong with an installation's events, before anything is said about them."""

from __future__ import annotations

from pathlib import Path

from ksimage.errors.file import FileError


class NoResults(FileError):
    """A folder that should hold ansible-runner's results holds none."""

    def __init__(self, path: Path) -> None:
        why = "there is no such folder"
        if path.is_dir():
            why = "a results folder has <component>/<ident>/job_events below it"
        elif path.exists():
            why = "it is no folder"
        super().__init__(
            f"no installation's results in {path}",
            why=why,
            advice=["give the pod's folder /kubesphere/results, or a copy of it"],
        )
