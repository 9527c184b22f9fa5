"""6: proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class ProofFailed(KsimageError):
    """The finished image is not what it must be; it is not handed out."""

    exit_code = 6

    def __init__(self, name: str, failures: Sequence[str], *, advice: Iterable[str] = ()) -> None:
        count = "1 proof" if len(failures) == 1 else f"{len(failures)} proofs"
        super().__init__(f"{name} fails {count}", why="\n".join(failures), advice=advice)
        self.failures = tuple(failures)
