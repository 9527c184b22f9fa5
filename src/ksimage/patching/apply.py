"""Apply patches to the hook: exact context, no fuzz, all or nothing. Bytes in, bytes out.

Where a hunk goes is decided in :mod:`ksimage.patching.place`; what is shown of a failure in
:mod:`ksimage.patching.conflict`.

An offset is reported, never hidden. A patch that is already in the file is recognised: it does not
fit but its reverse does, or it fits only at an offset while its reverse fits exactly where it says.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from ksimage.errors import PatchAlreadyApplied, PatchError, PatchesFailed, PatchWithoutEffect
from ksimage.patching.conflict import explain
from ksimage.patching.place import Text, Unplaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ksimage.patching.model import Patch
    from ksimage.patching.place import HunkPlace


class Applied(NamedTuple):
    """One applied patch: the text after it, and where its hunks went.

    ``patch`` is without the hunks that were passed over. Lines that earlier patches of the same
    series put in above do not count as an offset.
    """

    patch: Patch
    data: bytes
    hunks: tuple[HunkPlace, ...]

    @property
    def offset(self) -> int:
        """The offset of largest size among the hunks, with its sign."""
        return max((hunk.offset for hunk in self.hunks), key=abs, default=0)

    @property
    def sha256(self) -> str:
        """Digest of the text after this patch, hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


class SeriesResult(NamedTuple):
    """The text before and after a whole series, with their sha256 in hexadecimal."""

    before: bytes
    after: bytes
    before_sha256: str
    after_sha256: str
    patches: tuple[Applied, ...]


def apply_series(
    data: bytes, patches: Iterable[Patch], *, target: str = "the hook"
) -> SeriesResult:
    """Apply patches one after the other; either all of them or none.

    Hunks that are in the text already are passed over, if others of their patch are not: an edit
    by hand may have done a part of what a patch does.

    Args:
        data: the text to patch.
        patches: in order.
        target: what the text is, for messages.

    Raises:
        PatchConflict, PatchLineEndings, PatchAmbiguous, PatchAlreadyApplied: one does not apply,
            see :func:`apply_patch`.
        PatchesFailed: several do not.
        PatchWithoutEffect: the result equals ``data`` (also when there are no patches).
    """
    current = data
    results: list[Applied] = []
    added: list[tuple[int, int]] = []
    failures: list[tuple[Patch, PatchError]] = []
    for patch in patches:
        try:
            applied = apply_patch(current, patch, target=target, partly=True)
        except PatchError as error:
            failures.append((patch, _shown_best(data, patch, target, results) or error))
            continue
        results.append(_without(added, applied))
        added = _with(added, applied)
        current = applied.data
    if len(failures) == 1:
        raise failures[0][1]
    if failures:
        named = [patch.name for patch, _ in failures if patch.origin != "file"]
        files = [patch.path for patch, _ in failures if patch.origin == "file"]
        raise PatchesFailed([error for _, error in failures], named, target, files=files)
    if current == data:
        raise PatchWithoutEffect("the series" if results else "an empty selection of patches")
    return SeriesResult(
        data,
        current,
        hashlib.sha256(data).hexdigest(),
        hashlib.sha256(current).hexdigest(),
        tuple(results),
    )


def _shown_best(
    data: bytes, patch: Patch, target: str, results: Sequence[Applied]
) -> PatchError | None:
    """The error of a patch that fails on what others have made of the text, told better.

    Where it fails on the text itself as well, that is shown, with its own line numbers.
    """
    if not results:
        return None
    try:
        apply_patch(data, patch, target=target, what="the image's hook", partly=True)
        names = ", ".join(applied.patch.name for applied in results)
        apply_patch(
            results[-1].data, patch, target=target, what=f"the hook after {names}", partly=True
        )
    except PatchError as error:
        return error
    return None


def apply_patch(
    data: bytes,
    patch: Patch,
    *,
    target: str = "the hook",
    what: str = "the hook",
    partly: bool = False,
) -> Applied:
    """Apply one patch.

    Args:
        data: the text.
        target: what the text is, for messages.
        what: the same, where its lines are shown.
        partly: hunks that are in the text already are passed over, if there are others.

    Raises:
        PatchConflict: a hunk fits nowhere.
        PatchLineEndings: it would but for CRLF against LF.
        PatchAmbiguous: a hunk is not at its place and more than one other place fits.
        PatchAlreadyApplied: the text already has the change.
        PatchWithoutEffect: the result equals ``data``.
    """
    text = Text(data)
    try:
        places = text.locate(patch.hunks)
    except Unplaced as failure:
        if text.holds([hunk.reversed() for hunk in patch.hunks]):
            raise _already(patch, target) from None
        rest = text.locate_not_done(patch.hunks) if partly else []
        if not rest:
            raise explain(text, patch, failure, target, what) from None
        patch = patch._replace(hunks=tuple(hunk for hunk, _ in rest))
        places = [place for _, place in rest]
    shifted = any(place.offset for place in places)
    if shifted and text.holds([hunk.reversed() for hunk in patch.hunks], exactly=True):
        raise _already(patch, target)
    pieces: list[bytes] = []
    done = 0
    for hunk, place in zip(patch.hunks, places, strict=True):
        start, end = text.span(place.line - 1, len(hunk.old_lines))
        pieces += [data[done:start], *hunk.new_lines]
        done = end
    pieces.append(data[done:])
    result = b"".join(pieces)
    if result == data:
        raise PatchWithoutEffect(f"patch {patch.name}", path=patch.path)
    return Applied(patch, result, tuple(places))


def _without(added: Sequence[tuple[int, int]], applied: Applied) -> Applied:
    """Offsets as if earlier patches had added nothing: a series of patches that were all made from
    the same hook fits that hook without offset."""
    hunks = tuple(
        hunk._replace(offset=hunk.offset - sum(n for line, n in added if line <= hunk.line))
        if hunk.offset
        else hunk
        for hunk in applied.hunks
    )
    return applied._replace(hunks=hunks)


def _with(added: Sequence[tuple[int, int]], applied: Applied) -> list[tuple[int, int]]:
    """(line, lines added there) of all patches so far, in lines of the text after ``applied``."""
    mine = [
        (place.line, len(hunk.new_lines) - len(hunk.old_lines))
        for hunk, place in zip(applied.patch.hunks, applied.hunks, strict=True)
    ]
    return [
        (line + sum(n for above, n in mine if above < line), lines)
        for line, lines in [*added, *mine]
    ]


def _already(patch: Patch, target: str) -> PatchAlreadyApplied:
    option = f"no --patch {patch.path}" if patch.origin == "file" else f"--without {patch.name}"
    advice = [f"leave it out: {option}"]
    return PatchAlreadyApplied(
        patch.name, target, path=patch.path, line=patch.hunks[0].patch_line, advice=advice
    )
