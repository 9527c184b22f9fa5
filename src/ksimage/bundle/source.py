"""A bundle as a source of events; any tar that holds a results folder will do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ksimage.bundle.archive import Bundle, open_bundle
from ksimage.errors import BundleUnusable
from ksimage.events import files
from ksimage.events.feed import merged
from ksimage.events.frames import EventSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ksimage.events.frames import Frame

_EVENT: Final = re.compile(r"(?:.*/)?([^/]+)/([^/]+)/job_events/([^/]+)")
_RC: Final = re.compile(r"(?:.*/)?([^/]+)/([^/]+)/rc")
MOST_BYTES: Final = 512 << 20
"""Of all event files together; 20,000 events have 31 MB."""


class BundleSource(EventSource):
    """The events in a bundle.

    Raises:
        BundleUnusable: it is none, or holds what no bundle holds.
        CannotRead
    """

    live = False

    def __init__(self, path: Path) -> None:
        self.title = str(path)
        self._bundle: Bundle = open_bundle(path)

    def frames(self) -> Iterator[Frame]:
        """All events by their times (an archive has them in any order).

        Raises:
            BundleUnusable: also when it holds no event at all.
        """
        runs = self._gathered()
        if not runs:
            raise BundleUnusable(self._bundle.path, "there are no event files in it")
        yield {"k": "hello", "v": 1, "boot": ""}
        yield from merged([_folder(*key, runs[key]) for key in sorted(runs)])
        yield {"k": "end"}

    def _gathered(self) -> dict[tuple[str, str], _Run]:
        runs: dict[tuple[str, str], _Run] = {}
        total = 0
        for entry in self._bundle.entries():
            event = _EVENT.fullmatch(entry.path)
            if event:
                # What is too large is taken as empty, and named when its turn comes.
                data = entry.read() if entry.size <= files.FILE_LIMIT else b""
                total += len(data)
                if total > MOST_BYTES:
                    why = f"its event files have more than {MOST_BYTES >> 20} MiB"
                    raise BundleUnusable(self._bundle.path, why)
                runs.setdefault((event[1], event[2]), _Run()).events[event[3]] = data, entry.mtime
            elif (status := _RC.fullmatch(entry.path)) and entry.size <= 64:
                text = entry.read().strip()
                if re.fullmatch(rb"-?[0-9]{1,9}", text):
                    runs.setdefault((status[1], status[2]), _Run()).rc = int(text), entry.mtime
        return runs


@dataclass
class _Run:
    """One folder: its event files (content, time) by their names, and its exit status."""

    events: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    rc: tuple[int, int] | None = None


def _folder(component: str, ident: str, run: _Run) -> Iterator[Frame]:
    base = {"c": component, "i": ident}
    names = list(run.events)
    for name in files.left_over(names):
        yield {"k": "bad", **base, "f": name, "why": "ansible-runner had not finished it"}
    times = {name: float(mtime) for name, (_, mtime) in run.events.items()}
    for name in files.in_runs(files.in_order(names), times.__getitem__):
        yield {**base, **_event(name, *run.events.pop(name))}
    if run.rc is not None:
        yield {"k": "rc", **base, "rc": run.rc[0], "m": run.rc[1]}


def _event(name: str, data: bytes, mtime: int) -> Frame:
    try:
        raw = files.parse(data)
    except ValueError as error:
        return {"k": "bad", "f": name, "why": str(error)}
    bare = isinstance(raw, dict) and "created" not in raw
    return {"k": "ev", "n": files.counter_of(name), "r": raw, "m": mtime if bare else None}
