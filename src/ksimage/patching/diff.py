"""Unified diffs of two versions of the hook, for people; and patch files as they are written, new
ones or old ones made to fit again.

Patch files come out in the form in which the shipped ones are written: a DEP-3 header, ``---``, and
a diff with a single line of context. More context keeps patches from stacking in any order
(measured on upstream's hooks: with three lines, two of the shipped patches exclude each other), and
one line is enough to be unique in them.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from ksimage.errors import PatchWithoutEffect
from ksimage.patching.apply import Applied, apply_patch
from ksimage.patching.place import split_lines
from ksimage.patching.unified import parse
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


CONTEXT = 1
"""Lines of context in the patches that are written."""


@dataclass(frozen=True)
class Refreshed:
    """A regenerated patch file.

    Attributes:
        data: the whole file.
        changed: whether it differs from the old one.
        applied: how the old one went on the base, with its offsets.
    """

    data: bytes
    changed: bool
    applied: Applied


def refresh(
    old: bytes,
    base: bytes,
    name: str,
    *,
    path: str = "",
    target: str = "the hook",
) -> Refreshed:
    """Regenerate line numbers, counts and context of a patch; its header stays as it is.

    The hunks may have wrong counts, as they do after an edit by hand.

    Args:
        old: the patch file as it is.
        base: the text that it is to fit.
        name: of the patch.
        path: of its file, for messages.
        target: what the base is, for messages.

    Raises:
        PatchMalformed, PatchForbidden: the old file is unusable.
        PatchConflict, PatchAmbiguous, PatchAlreadyApplied, PatchWithoutEffect: it does not apply
            to the base, and only a person can say what it means there.
    """
    patch = parse(old, name, path=path, recount=True)
    applied = apply_patch(base, patch, target=target)
    data = patch.preamble + unified(base, applied.data, context=CONTEXT)
    return Refreshed(data, data != old, applied)


def compose(before: bytes, after: bytes, header: str, *, name: str) -> bytes:
    """A new patch file out of the hook before and after an edit.

    Args:
        header: DEP-3 fields, without the ``---`` that ends them.
        name: of the patch, for messages.

    Raises:
        PatchWithoutEffect: both texts are equal.
        PatchForbidden: the edit replaces the whole text, so that no line of context is left.
    """
    if before == after:
        raise PatchWithoutEffect(f"patch {name}")
    data = f"{header.rstrip()}\n---\n".encode() + unified(before, after, context=CONTEXT)
    parse(data, name)
    return data


def header_template(*, author: str, date: str, releases: str) -> str:
    """A header to fill in.

    Args:
        author: ``Name <address>``.
        date: ``YYYY-MM-DD``.
        releases: a range, such as ``>=3.3.2 <=3.4.1``.
    """
    return (
        "Description: what it does, in one line\n"
        " Why it is needed, and how one can see that it works.\n"
        f"Author: {author}\n"
        "Origin: vendor\n"
        "Forwarded: not-needed\n"
        f"Last-Update: {date}\n"
        f"X-Ksimage-Releases: {releases}\n"
        "X-Ksimage-Risk: what somebody who applies it has to know\n"
    )
