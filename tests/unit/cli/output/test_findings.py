"""What a check of a fleet found."""

from __future__ import annotations

import json

import pytest

from ksimage.build.staleness import Finding, Staleness
from ksimage.cli.output import findings
from ksimage.cli.output.terminal import Terminal
from ksimage.errors import ChecksFailed, UsageError

FAILED = Finding("v3.3.2", Staleness.FAILED, ("no | pipe",), "x", error=UsageError("no answer"))
GOOD = next(state for state in Staleness if state is not Staleness.FAILED)
FINDINGS = [FAILED, Finding("v3.4.1", GOOD, (), "y")]


def test_what_could_not_be_checked_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ChecksFailed):
        findings.require_checked(Terminal(), FINDINGS)
    assert "no answer" in capsys.readouterr().err
    findings.require_checked(Terminal(), FINDINGS[1:])


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_in_the_form_that_was_asked_for(capsys: pytest.CaptureFixture[str], form: str) -> None:
    findings.show(Terminal(), FINDINGS, form)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == (4 if form == "markdown" else 3)
    assert "release" in lines[0] and "v3.4.1" in lines[-1]


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    findings.show(Terminal(), FINDINGS, "json")
    assert len(json.loads(capsys.readouterr().out)["images"]) == 2
