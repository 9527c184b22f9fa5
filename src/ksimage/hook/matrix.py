"""Which patch applies to which release: the matrix behind ``ksimage patches check``."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ksimage.errors import KsimageError, UnknownRelease
from ksimage.hook.proof import prove_hook, require_supported
from ksimage.patching.apply import apply_patch, apply_series
from ksimage.upstream import releases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ksimage.patching.series import Series, SeriesPatch
    from ksimage.upstream.releases import Release

APPLIES, OFFSET, EXCLUDED = "applies", "offset", "excluded"
REFUSED, UNSUPPORTED = "refused", "unsupported"


@dataclass(frozen=True)
class Cell:
    """One patch on one hook, alone or on top of the patches before it.

    Attributes:
        patch: its name.
        status: ``applies`` (every hunk where it says), ``offset``, ``excluded`` (by its header),
            ``refused`` (it does not apply) or ``unsupported`` (nothing is tried on this hook).
        offset: the largest offset of a hunk, in lines.
        kind: of the error, as in JSON error documents, else empty.
        reason: why it is not applied, else empty.
    """

    patch: str
    status: str
    offset: int = 0
    kind: str = ""
    reason: str = ""


@dataclass(frozen=True)
class HookRow:
    """One hook: every patch alone, and all that are on by default together, with the proof.

    Attributes:
        release: the name that the hook was given.
        sha256: of the hook, hexadecimal.
        pristine: it is byte for byte what upstream shipped under that name, or under any when the
            name is no release; None for names and hooks that upstream does not have.
        cells: in the order of the series.
        series: the default patches together; ``patch`` is empty.
        result: sha256 of the hook with the default patches, empty when they do not apply.
    """

    release: str
    sha256: str
    pristine: bool | None
    cells: tuple[Cell, ...]
    series: Cell
    result: str

    @property
    def good(self) -> bool:
        """Nothing was refused: the defaults give a proven hook and every patch applies."""
        return all(cell.status != REFUSED for cell in (*self.cells, self.series))


def check(hooks: Mapping[str, bytes], series: Series) -> tuple[HookRow, ...]:
    """Try every patch on every hook.

    Args:
        hooks: release (or any other name) -> pristine hook.
        series: the patches; optional ones are tried alone only.
    """
    return tuple(_row(name, data, series) for name, data in hooks.items())


def _row(name: str, data: bytes, series: Series) -> HookRow:
    digest = hashlib.sha256(data).hexdigest()
    release = _release(name, digest)
    pristine = None if release is None else release.sha256 == digest
    try:
        require_supported(data, name=name)
    except KsimageError as error:
        reason = error.why or error.message
        none = Cell("", UNSUPPORTED, 0, error.kind, reason)
        cells = tuple(replace(none, patch=patch.name) for patch in series)
        return HookRow(name, digest, pristine, cells, none, "")
    cells = tuple(
        _cell(patch, data, name, release, list(series)[:number])
        for number, patch in enumerate(series)
    )
    together, result = _together(series, data, name, release)
    return HookRow(name, digest, pristine, cells, together, result)


def _release(name: str, digest: str) -> Release | None:
    try:
        return releases.find(name)
    except UnknownRelease:
        return next(iter(releases.by_hook(digest)), None)


def _cell(
    patch: SeriesPatch,
    data: bytes,
    name: str,
    release: Release | None,
    before: Sequence[SeriesPatch],
) -> Cell:
    """One patch alone, or, where it is made for that, on what the patches before it have made."""
    if release is not None and not patch.header.fits(release):
        return Cell(patch.name, EXCLUDED, reason=f"it is for {patch.header.releases}")
    try:
        applied = apply_patch(data, patch.patch, target=name)
    except KsimageError as error:
        under = [p.patch for p in before if p.default and (not release or p.header.fits(release))]
        try:
            apply_series(data, [*under, patch.patch], target=name)
        except KsimageError:
            return Cell(patch.name, REFUSED, 0, error.kind, _short(error))
        return Cell(patch.name, APPLIES)
    return Cell(patch.name, OFFSET if applied.offset else APPLIES, applied.offset)


def _together(series: Series, data: bytes, name: str, release: Release | None) -> tuple[Cell, str]:
    chosen = [
        patch.patch
        for patch in series
        if patch.default and (release is None or patch.header.fits(release))
    ]
    try:
        result = apply_series(data, chosen, target=name)
        prove_hook(result.after, base=data, name=name)
    except KsimageError as error:
        return Cell("", REFUSED, 0, error.kind, _short(error)), ""
    offset = max((applied.offset for applied in result.patches), key=abs, default=0)
    return Cell("", OFFSET if offset else APPLIES, offset), result.after_sha256


def _short(error: KsimageError) -> str:
    """What happened and the lines of the reason, without advice."""
    return f"{error.message}: {error.why}" if error.why else error.message
