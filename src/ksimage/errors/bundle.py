"""21: bundles of `ksimage collect`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError

if TYPE_CHECKING:
    from collections.abc import Iterable


class BundleError(KsimageError):
    """A bundle cannot be made or read."""

    exit_code = 21


class BundleUnusable(BundleError):
    """A file is no bundle, is damaged, or holds what no bundle holds."""

    def __init__(self, path: object, why: str) -> None:
        super().__init__(
            f"{path} is no usable bundle",
            why=why,
            advice=["make a new one: ksimage collect -o bundle.tar.gz"],
        )


class NothingCollected(BundleError):
    """Not one step of a collection gave anything, so no bundle is written."""

    def __init__(self, reasons: Iterable[str]) -> None:
        super().__init__(
            "nothing could be collected; no bundle was written",
            why="; ".join(reasons),
            advice=["look: kubectl --namespace kubesphere-system get pods"],
        )
