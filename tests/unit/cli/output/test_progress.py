"""Progress bars on a terminal."""

from __future__ import annotations

import os
import pty
import sys

import pytest

from ksimage.cli.output.progress import progress
from ksimage.cli.output.terminal import Terminal
from ksimage.images.manifest import Descriptor

BLOB = Descriptor("application/octet-stream", "sha256:" + "0" * 64, 1 << 20)


def test_messages_stand_above_the_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("CI", "FORCE_COLOR", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    screen, other = pty.openpty()
    try:
        with os.fdopen(other, "w") as stream:
            monkeypatch.setattr(sys, "stderr", stream)
            terminal = Terminal()
            with progress(terminal) as shown:
                shown.start(BLOB)
                shown.advance(BLOB, 100_000)
                written = ""
                while "000000000000 " not in written:
                    written += os.read(screen, 1 << 16).decode()
                terminal.warning("again in 4 s")
                shown.advance(BLOB, 100_000)
            written += os.read(screen, 1 << 16).decode()
    finally:
        os.close(screen)
    # the bar's line is erased first, and the message has one of its own
    assert "\x1b[2Kwarning: again in 4 s\r\n" in written
