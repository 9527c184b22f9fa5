"""Unified diffs of two versions of the hook, for people and for patch files."""

from __future__ import annotations

import difflib

from ksimage.releases import HOOK_PATH


def unified(
    before: bytes,
    after: bytes,
    *,
    old: str = f"a/{HOOK_PATH}",
    new: str = f"b/{HOOK_PATH}",
    context: int = 3,
) -> bytes:
    """A unified diff; empty when both are equal.

    The same input gives the same diff on every Python. Lines end at LF only, so a CR is shown as
    part of its line, and a missing newline at the end of a file is marked as GNU diff does it.

    Args:
        old, new: the two file names of its head.
        context: lines of context around a change.
    """
    # latin-1 maps every byte to one character and back, so no encoding can get in the way.
    lines = difflib.unified_diff(
        [line.decode("latin-1") for line in _lines(before)],
        [line.decode("latin-1") for line in _lines(after)],
        old,
        new,
        n=context,
    )
    marked = (
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
    return "".join(marked).encode("latin-1")


def _lines(data: bytes) -> list[bytes]:
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines
