"""What inspect says while it reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.images import Recipe, layout
from tests.unit.cli.conftest import Run

from ksimage.cli.commands import inspect


def test_large_layers_are_named(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout(tmp_path / "image", Recipe(variant="no-hook", padding=2 << 20))
    assert "reading" not in run("inspect", "oci:image").ok().stderr
    monkeypatch.setattr(inspect, "LARGE", 1 << 20)
    told = run("inspect", "oci:image").ok()
    (line,) = [
        line for line in told.stderr.splitlines() if line.startswith("reading a layer of 2,")
    ]
    assert "bytes, sha256:" in line
