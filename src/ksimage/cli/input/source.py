"""From what people type to a source of events: a pod, a folder, a bundle, a recording."""

from __future__ import annotations

import gzip
import sys
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

from ksimage.cli.output import files
from ksimage.errors import CannotRead, UsageError

if TYPE_CHECKING:
    from ksimage.cluster.kubectl import Kubectl
    from ksimage.events.frames import EventSource

_FILE_SUFFIXES = (".gz", ".tgz", ".tar", ".jsonl", ".json")


def open_source(
    text: str, kubectl: Kubectl, *, once: bool = False, patience: float = 300.0
) -> EventSource:
    """The source that ``text`` names.

    Args:
        text: a folder, a bundle or a recording by its path, ``-`` for a recording on stdin,
            else a pod's name; empty for the installer's pod.
        kubectl: the way to the pod.
        once: of a pod, only what is there now.
        patience: seconds for which a pod that does not answer is tried again.

    Raises:
        NoResults, BundleUnusable, CannotRead, UsageError. What a pod raises, it raises later.
    """
    from ksimage.events import sources

    if text == "-":
        stdin = getattr(sys.stdin, "buffer", None)
        if not isinstance(stdin, BufferedReader) or sys.stdin.isatty():
            raise UsageError(
                "- reads a recording from a pipe, but stdin is a terminal",
                advice=["pass it like this: ksimage watch - < recording.jsonl"],
            )
        return sources.RecordSource(stdin, "stdin")
    path = Path(text) if text else None
    if path is not None and path.is_dir():
        return sources.FolderSource(path)
    if path is not None and path.exists():
        if _is_recording(path):
            return sources.RecordSource(path.open("rb"), text)
        from ksimage.bundle.source import BundleSource

        return BundleSource(path)
    if "/" in text.removeprefix("pod/") or text.endswith(_FILE_SUFFIXES):
        raise CannotRead(text, FileNotFoundError(2, "No such file or directory"))
    from ksimage.cluster.files.follow import PodReach, PodSource

    reach = PodReach(kubectl, text.removeprefix("pod/"))
    return PodSource(reach, refusal=reach.refusal, once=once, patience=patience)


def _is_recording(path: Path) -> bool:
    """Whether a file holds lines of JSON, gzipped or not; anything else is taken for a bundle."""
    beginning = files.read(path, 2)
    if beginning == b"\x1f\x8b":
        try:
            with gzip.open(path) as file:
                beginning = file.read(1)
        except (OSError, EOFError):
            return False
    return beginning[:1] in (b"{", b"")
