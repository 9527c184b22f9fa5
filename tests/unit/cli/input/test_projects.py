"""``--create-project``: only where it was asked for, and only for registries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ksimage.cli.input.invocation import Invocation
from ksimage.cli.input.projects import ensure_project
from ksimage.cli.output.terminal import Terminal
from ksimage.harbor import api
from ksimage.locations import spec


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, bool]]:
    monkeypatch.chdir(tmp_path)
    found: list[tuple[str, bool]] = []

    def ensure(reference: Any, options: Any, *, public: bool) -> str:
        found.append((str(reference), public))
        return "made"

    monkeypatch.setattr(api, "ensure", ensure)
    return found


@pytest.mark.parametrize(
    ("place", "visibility", "expected"),
    [
        ("harbor.lan/p/r:v1", "public", [("harbor.lan/p/r:v1", True)]),
        ("harbor.lan/p/r:v1", "private", [("harbor.lan/p/r:v1", False)]),
        ("harbor.lan/p/r:v1", None, []),
        ("oci:folder", "public", []),
    ],
)
def test_what_harbor_is_asked_for(
    asked: list[tuple[str, bool]], place: str, visibility: str | None, expected: object
) -> None:
    ensure_project(Invocation(Terminal(), {}), spec.parse(place), visibility)
    assert asked == expected
