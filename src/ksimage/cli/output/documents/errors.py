"""An error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ksimage.errors import KsimageError


def error_document(error: KsimageError) -> dict[str, Any]:
    """An error as JSON."""
    return {
        "kind": error.kind,
        "exit_code": error.exit_code,
        "message": error.message,
        "why": error.why,
        "advice": list(error.advice),
    }
