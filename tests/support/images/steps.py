"""What an image is made of: entries of layers, and the steps of its history."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CREATED = "2022-10-20T08:15:42.123456789Z"


MTIME = 1_666_253_742


@dataclass(frozen=True)
class Entry:
    """One member of a layer. ``padding``: that many incompressible bytes instead of ``data``."""

    path: str
    data: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    kind: Literal["file", "dir", "symlink", "hardlink", "fifo"] = "file"
    link: str = ""
    padding: int = 0


def directory(path: str, *, owner: int = 0, mode: int = 0o755) -> Entry:
    return Entry(path, mode=mode, uid=owner, gid=owner, kind="dir")


@dataclass(frozen=True)
class Step:
    """One history entry with the entries of its layer, or with a ready layer ``tar``."""

    created_by: str
    entries: tuple[Entry, ...] | None = None
    tar: Path | None = None
    comment: str = ""

    @property
    def empty(self) -> bool:
        return self.entries is None and self.tar is None
