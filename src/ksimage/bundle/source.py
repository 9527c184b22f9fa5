"""A bundle as a source of events; any tar that holds a results folder will do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ksimage.bundle.archive import Bundle, open_bundle
from ksimage.errors import BundleUnusable
from ksimage.events import files
from ksimage.events.pace import merged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ksimage.events.frames import Frame

_EVENT: Final = re.compile(r"(?:.*/)?([^/]+)/([^/]+)/job_events/([^/]+)")
_RC: Final = re.compile(r"(?:.*/)?([^/]+)/([^/]+)/rc")
MOST_BYTES: Final = 512 << 20
"""Of all event files together; 20,000 events have 31 MB."""


class BundleSource:
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
        folders, statuses = self._gathered()
        if not folders and not statuses:
            raise BundleUnusable(self._bundle.path, "there are no event files in it")
        yield {"k": "hello", "v": 1, "boot": ""}
        keys = sorted({*folders, *statuses})
        yield from merged([_folder(*key, folders.get(key, {}), statuses.get(key)) for key in keys])
        yield {"k": "end"}

    def finish(self) -> None:
        """It ends by itself."""

    def close(self) -> None:
        """Nothing is held."""

    def _gathered(
        self,
    ) -> tuple[dict[tuple[str, str], dict[str, bytes]], dict[tuple[str, str], int]]:
        folders: dict[tuple[str, str], dict[str, bytes]] = {}
        statuses: dict[tuple[str, str], int] = {}
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
                folders.setdefault((event[1], event[2]), {})[event[3]] = data
            elif (status := _RC.fullmatch(entry.path)) and entry.size <= 64:
                text = entry.read().strip()
                if re.fullmatch(rb"-?[0-9]{1,9}", text):
                    statuses[status[1], status[2]] = int(text)
        return folders, statuses


def _folder(
    component: str, ident: str, contents: dict[str, bytes], status: int | None
) -> Iterator[Frame]:
    base = {"c": component, "i": ident}
    for name in files.left_over(list(contents)):
        yield {"k": "bad", **base, "f": name, "why": "ansible-runner had not finished it"}
    for name in files.in_order(list(contents)):
        yield {**base, **_event(name, contents.pop(name))}
    if status is not None:
        yield {"k": "rc", **base, "rc": status}


def _event(name: str, data: bytes) -> Frame:
    try:
        raw = files.parse(data)
    except ValueError as error:
        return {"k": "bad", "f": name, "why": str(error)}
    return {"k": "ev", "n": files.counter_of(name), "r": raw}
