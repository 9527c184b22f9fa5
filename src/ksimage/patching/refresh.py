"""Write patch files: a new one from two versions of the hook, or an old one made to fit again.

Both come out in the form in which the shipped patches are written: a DEP-3 header, ``---``, and one
unified diff of the hook with a single line of context. More context keeps patches from stacking in
any order (measured on upstream's hooks: with three lines, two of the shipped patches exclude each
other), and one line is enough to be unique in them.
"""

from __future__ import annotations

from dataclasses import dataclass

from ksimage.errors import PatchWithoutEffect
from ksimage.patching import diff, unified
from ksimage.patching.apply import Applied, apply_patch

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
    patch = unified.parse(old, name, path=path, recount=True)
    applied = apply_patch(base, patch, target=target)
    data = patch.preamble + diff.unified(base, applied.data, context=CONTEXT)
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
    data = f"{header.rstrip()}\n---\n".encode() + diff.unified(before, after, context=CONTEXT)
    unified.parse(data, name)
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
