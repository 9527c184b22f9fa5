"""22 and 23: answers of `ksimage status` for scripts, rather than failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError

if TYPE_CHECKING:
    from collections.abc import Sequence


class InstallerUnwell(KsimageError):
    """`ksimage status`: the installer is ours, but something failed or does not run."""

    exit_code = 22

    def __init__(self, reasons: Sequence[str], advice: Sequence[str] = ()) -> None:
        super().__init__(f"not well: {'; '.join(reasons)}", advice=advice)


class InstallerForeign(KsimageError):
    """`ksimage status`: the installer that runs was not made by ksimage."""

    exit_code = 23

    def __init__(self, what: str, advice: Sequence[str] = ()) -> None:
        super().__init__(f"the installer was not made by ksimage: {what}", advice=advice)
