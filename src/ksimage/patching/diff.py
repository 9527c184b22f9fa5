"""Unified diffs of two versions of the hook, for people and for patch files."""

from __future__ import annotations

import difflib

from ksimage.patching.place import split_lines
from ksimage.upstream.releases import HOOK_PATH


def unified(before: bytes, after: bytes, *, context: int = 3) -> bytes:
    """A unified diff; empty when both are equal.

    The same input gives the same diff on every Python. Lines end at LF only, so a CR is shown as
    part of its line, and a missing newline at the end of a file is marked as GNU diff does it.

    Args:
        context: lines of context around a change.
    """
    first, second = split_lines(before), split_lines(after)
    # difflib's own unified_diff treats lines that are frequent in a long file (blank ones, "    )")
    # as junk, which tears changes apart.
    matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
    pieces: list[bytes] = []
    for group in matcher.get_grouped_opcodes(context):
        _, old_start, _, new_start, _ = group[0]
        _, _, old_end, _, new_end = group[-1]
        spans = _span(old_start, old_end), _span(new_start, new_end)
        pieces.append(f"@@ -{spans[0]} +{spans[1]} @@\n".encode())
        for tag, a, b, c, d in group:
            if tag == "equal":
                pieces += [_marked(b" ", line) for line in first[a:b]]
            else:
                pieces += [_marked(b"-", line) for line in first[a:b]]
                pieces += [_marked(b"+", line) for line in second[c:d]]
    if not pieces:
        return b""
    return b"".join([f"--- a/{HOOK_PATH}\n+++ b/{HOOK_PATH}\n".encode(), *pieces])


def _span(start: int, end: int) -> str:
    """A range of lines as GNU diff writes it."""
    count = end - start
    if count == 1:
        return str(start + 1)
    return f"{start + 1 if count else start},{count}"


def _marked(kind: bytes, line: bytes) -> bytes:
    return (
        kind + line if line.endswith(b"\n") else kind + line + b"\n\\ No newline at end of file\n"
    )
