"""--username and --password-stdin are for one registry host, and for no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ksimage.cli.input.invocation import Invocation
from ksimage.cli.output.terminal import Terminal
from ksimage.locations import spec

HARBOR = "harbor.lan/kubesphereio"
OTHER = "registry.other:5000/mirror"


@pytest.fixture(autouse=True)
def login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KSIMAGE_USERNAME", "robot$ci")
    monkeypatch.setenv("KSIMAGE_PASSWORD", "correct horse")
    monkeypatch.chdir(tmp_path)


def users(source: str, target: str | None = None, **details: Any) -> dict[str, str | None]:
    values: dict[str, Any] = {"set_source": source, "set_target": target}
    session = Invocation(Terminal(), values, **details)
    found: dict[str, str | None] = {}
    for place in (HARBOR, OTHER):
        options = session.options(spec.parse(f"{place}/ks-installer:v3.3.2"))
        assert options is not None
        found[place] = options.username
    return found


@pytest.mark.parametrize(
    ("source", "target", "details", "meant"),
    [
        (HARBOR, None, {}, HARBOR),
        (OTHER, HARBOR, {}, OTHER),  # nothing is pushed: the source's
        (OTHER, HARBOR, {"pushes": True}, HARBOR),
        (OTHER, None, {"login": [f"{HARBOR}/ks-installer:x"]}, HARBOR),
        (OTHER, HARBOR, {"login": [OTHER], "pushes": True}, OTHER),
        (HARBOR, None, {"login": ["oci:somewhere", None]}, HARBOR),
    ],
)
def test_one_host(source: str, target: str | None, details: dict[str, Any], meant: str) -> None:
    assert users(source, target, **details) == {
        place: "robot$ci" if place == meant else None for place in (HARBOR, OTHER)
    }


def test_no_registry_no_login() -> None:
    assert users("oci:somewhere") == {HARBOR: None, OTHER: None}
