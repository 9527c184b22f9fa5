"""Folders with patches of somebody's own, made for the miniature hook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support import derived

from ksimage.patching.diff import compose

HOOK = derived.HOOK
CHATTY = HOOK.replace(b"level=logging.INFO", b"level=logging.DEBUG")


def patch(
    name: str, *, before: bytes = HOOK, after: bytes = CHATTY, more: str = "", about: str = ""
) -> bytes:
    """A patch file; ``more`` are further lines of its header."""
    return compose(before, after, f"Description: {about or name}\nAuthor: a\n{more}", name=name)


def series(folder: Path, *names: str, optional: tuple[str, ...] = (), **details: Any) -> Path:
    """A folder in which every named patch makes the log chatty; they exclude each other."""
    folder.mkdir(exist_ok=True)
    for name in (*names, *optional):
        (folder / f"{name}.patch").write_bytes(patch(name, **details))
    (folder / "series").write_text("".join(f"{name}.patch\n" for name in names))
    if optional:
        (folder / "series.optional").write_text("".join(f"{name}.patch\n" for name in optional))
    return folder
