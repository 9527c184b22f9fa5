"""The documents of ``ksimage kubekey``; its keys are compared in test_documents.py."""

from __future__ import annotations

from ksimage.cli.output.documents.kubekey import undo_document


def test_what_was_put_back() -> None:
    document = undo_document("kubekey", ["a", "b"])
    assert document == {"undo": {"path": "kubekey", "restored": ["a", "b"]}}
