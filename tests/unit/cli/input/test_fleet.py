"""The releases of a check."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksimage.cli.input import fleet
from ksimage.cli.input.invocation import Invocation
from ksimage.cli.output.terminal import Terminal
from ksimage.errors import UnknownRelease, UsageError


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Invocation:
    monkeypatch.chdir(tmp_path)
    for name in ("KSIMAGE_TARGET", "KSIMAGE_FROM", "KSIMAGE_SOURCE"):
        monkeypatch.delenv(name, raising=False)
    return Invocation(Terminal(), {})


def test_names_as_people_type_them(run: Invocation) -> None:
    assert [one.what for one in fleet.releases(run, ["3.3.2", "v3.4.1"])] == [
        "v3.3.2", "v3.4.1",
    ]  # fmt: skip
    with pytest.raises(UnknownRelease):
        fleet.releases(run, ["v9.9.9"])


def test_nowhere_to_look(run: Invocation) -> None:
    with pytest.raises(UsageError) as raised:
        fleet.check_releases(run, ["v3.3.2"])
    assert raised.value.advice[0].startswith("--target")
