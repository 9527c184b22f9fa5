"""An inspection as labelled lines, hostile texts made harmless; proofs, counted or one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import derived
from tests.unit.cli.output.documents.test_verdicts import PLATFORM

from ksimage.base.images import read_images
from ksimage.cli.output.inspection import MAX_TEXT, inspection_rows, show_count, show_proofs
from ksimage.cli.output.terminal import DETAILED, Terminal
from ksimage.harbor.view import Artifact, Push, Tag, View
from ksimage.inspection.report import Inspection
from ksimage.inspection.verdict import PlatformVerdict, Proof, Verdict
from ksimage.locations import access, spec


def _rows(found: Inspection) -> dict[str, str]:
    return dict(inspection_rows(found))


def test_an_image_without_a_hook_and_what_it_lost() -> None:
    platform = replace(PLATFORM, lost=("the entrypoint",), entrypoint=["/shell", 5], command="x")
    rows = _rows(Inspection("n", "m", "sha256:d", (platform,)))
    assert rows["holds"] == "no ks-installer hook: none at all"
    assert (rows["runs"], rows["as"], rows["LOST"]) == ("/shell 5 x", "root", "the entrypoint")
    assert "manifest" in rows and rows["manifest"] == "sha256:d"


def test_hostile_texts() -> None:
    platform = replace(PLATFORM, user="root\x1b[2J\u202e", no_hook="x" * 1000)
    for label, value in inspection_rows(Inspection("n\x1b", "m", "d", (platform,))):
        assert label.isprintable() and value.isprintable()
        assert len(value) <= MAX_TEXT + 30


def test_what_harbor_tells() -> None:
    pushes = tuple(Push(f"u{number}", "then", "push") for number in range(5))
    artifact = Artifact("d", None, (Tag("v1", None, True),))
    view = View("2.9.5", None, False, None, artifact, pushes)
    rows = inspection_rows(Inspection("n", "m", "d", (PLATFORM,), view=view))
    assert ("Harbor 2.9.5", "") in rows and ("project", "private") in rows
    assert ("tag", "v1 since unknown, immutable") in rows
    assert [value for label, value in rows if label == "pushed by"] == [
        "u0 at then", "u1 at then", "u2 at then",
    ]  # fmt: skip
    silent = inspection_rows(Inspection("n", "m", "d", (), view=replace(view, pushes=None)))
    assert ("pushed by", "not told to this login") in silent


PROOFS = (Proof("one", True, "a"), Proof("two", None, "no base"), Proof("three", False, "bad"))


@pytest.fixture
def verdict(tmp_path: Path) -> Verdict:
    source = access.open_source(spec.parse(derived.base(tmp_path / "base")))
    (image,) = read_images(source).images
    source.close()
    platform = PlatformVerdict(image, None, PROOFS)  # type: ignore[arg-type]
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
