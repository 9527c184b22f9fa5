"""Proofs shown: how many hold, and what was not proven by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import derived

from ksimage.base.images import read_images
from ksimage.cli.output.proofs import show_count, show_proofs
from ksimage.cli.output.terminal import DETAILED, Terminal
from ksimage.inspection.verdict import PlatformVerdict, Proof, Verdict
from ksimage.locations import access, spec

PROOFS = (Proof("one", True, "a"), Proof("two", None, "no base"), Proof("three", False, "bad"))


@pytest.fixture
def verdict(tmp_path: Path) -> Verdict:
    source = access.open_source(spec.parse(derived.base(tmp_path / "base")))
    (image,) = read_images(source).images
    source.close()
    platform = PlatformVerdict(image, None, None, PROOFS)  # type: ignore[arg-type]
    return Verdict("n", "d", (platform,))


def test_how_many_hold(verdict: Verdict, capsys: pytest.CaptureFixture[str]) -> None:
    show_count(Terminal(), verdict)
    said = capsys.readouterr().err
    assert "1 proofs hold (linux/amd64)" in said
    assert "two (no base)" in said and "one (a)" not in said


def test_one_by_one_failures_are_the_errors_business(
    verdict: Verdict, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    terminal.level = DETAILED
    show_count(terminal, verdict)
    detailed = capsys.readouterr().err
    show_proofs(terminal, verdict)
    assert detailed == capsys.readouterr().err
    assert "one (a)" in detailed and "three" not in detailed
