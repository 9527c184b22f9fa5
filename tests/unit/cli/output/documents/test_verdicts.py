"""Documents of what was found out about an image."""

from __future__ import annotations

import json
from dataclasses import replace

from ksimage.build.reproduce import Rebuild
from ksimage.cli.output.documents.verdicts import (
    comparison_document,
    inspection_document,
    verdict_document,
)
from ksimage.harbor.view import View
from ksimage.inspection.report import Inspection, PlatformReport
from ksimage.inspection.verdict import Verdict

PLATFORM = PlatformReport(
    "linux/amd64", "m", "sha256:d", "sha256:i", 3, 100, "", [], None, "", None, "none at all",
    None, (),
)  # fmt: skip


def test_an_image_without_a_hook() -> None:
    found = Inspection("n", "m", "sha256:d", (PLATFORM,))
    document = json.loads(json.dumps(inspection_document(found)))
    (platform,) = document["platforms"]
    assert platform["origin"] is None and platform["holds"] == "none at all"
    assert platform["patches"] == [] and platform["base"] == {"name": "", "digest": ""}
    assert document["kept"] is document["overwritten"] is document["harbor"] is None


def test_what_harbor_does_not_tell_is_null() -> None:
    view = View(None, None, None, None, None, None)
    document = json.loads(json.dumps(inspection_document(replace(
        Inspection("n", "m", "sha256:d", ()), view=view
    ))))  # fmt: skip
    assert document["harbor"]["pushes"] is None and document["harbor"]["tags"] == []
    seen = replace(view, pushes=())
    told = inspection_document(Inspection("n", "m", "sha256:d", (), view=seen))
    assert json.loads(json.dumps(told))["harbor"]["pushes"] == []


def test_equal_digests_are_identical() -> None:
    assert comparison_document(Rebuild("n", "b", "a", "a", ()))["identical"] is True
    other = comparison_document(Rebuild("n", "b", "a", "c", ("the hook",)))
    assert other["identical"] is False and other["differences"] == ["the hook"]


def test_a_verdict_about_nothing_is_none() -> None:
    document = verdict_document(Verdict("n", "sha256:d", ()))
    assert document["platforms"] == [] and document["name"] == "n"
