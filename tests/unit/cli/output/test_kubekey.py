"""The answers about kk as text."""

from __future__ import annotations

import pytest

from ksimage.cli.output.kubekey import difference


def test_of_a_difference_the_changed_lines_alone_are_shown() -> None:
    before = b"auths:\n  password: s3cret\n  version: v3.3.2\n  user: x\n"
    shown = difference("config.yaml", before, before.replace(b"v3.3.2", b"v3.3.2-debug"))
    assert "-  version: v3.3.2" in shown and "+  version: v3.3.2-debug" in shown
    assert not any("s3cret" in line or "user" in line for line in shown)
    assert difference("a", before, before) == []


def test_bytes_that_are_no_text_are_no_configuration() -> None:
    with pytest.raises(UnicodeDecodeError):
        difference("a", b"\xff", b"")
