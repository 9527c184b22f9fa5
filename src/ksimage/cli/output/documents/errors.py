"""An error."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.errors import KsimageError


def error_document(error: KsimageError, advice: Sequence[str] | None = None) -> dict[str, object]:
    """An error as JSON; ``advice`` in place of its own, where that was completed."""
    return {
        "kind": error.kind,
        "exit_code": error.exit_code,
        "message": error.message,
        "why": error.why,
        "advice": list(error.advice if advice is None else advice),
    }
