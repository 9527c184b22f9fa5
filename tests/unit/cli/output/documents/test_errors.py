"""An error as JSON."""

from __future__ import annotations

from ksimage.cli.output.documents.errors import error_document
from ksimage.errors import UsageError


def test_all_of_it_and_advice_that_was_completed() -> None:
    error = UsageError("what", why="because", advice=["type this"])
    document = error_document(error)
    assert document == {
        "kind": error.kind, "exit_code": error.exit_code, "message": "what", "why": "because",
        "advice": ["type this"],
    }  # fmt: skip
    assert error_document(error, [])["advice"] == []
