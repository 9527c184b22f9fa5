"""Documents of lists: every row, and null for what is not known."""

from __future__ import annotations

import json
from pathlib import Path

from ksimage import resources
from ksimage.build.staleness import Finding, Staleness
from ksimage.cli.output.documents import lists
from ksimage.cli.output.documents.lists import error_document
from ksimage.errors import UsageError
from ksimage.hook.matrix import APPLIES, Cell, HookRow
from ksimage.patching import series
from ksimage.upstream import releases


def test_releases_and_patches_are_all_there() -> None:
    known = releases.all_releases()
    document = json.loads(json.dumps(lists.releases_document(known)))
    assert [one["tag"] for one in document["releases"]] == [one.tag for one in known]
    assert all(bool(one["reason"]) != one["supported"] for one in document["releases"])
    patches = series.load(resources.path("patches"))
    listed = json.loads(json.dumps(lists.patches_document(patches)))["patches"]
    assert [one["name"] for one in listed] == [patch.name for patch in patches]


def test_a_finding_without_and_with_an_error() -> None:
    document = json.loads(
        json.dumps(
            lists.findings_document(
                [
                    Finding("v3.3.2", Staleness.FAILED, error=UsageError("no")),
                    Finding("v3.4.1", Staleness.FAILED, ("why",), "x", "t", "sha256:a", "sha256:b"),
                ]
            )
        )
    )
    first, second = document["images"]
    assert first["digest"] is None and first["error"]["message"] == "no"
    assert second["error"] is None and second["reasons"] == ["why"]
    assert (second["digest"], second["base_digest"]) == ("sha256:a", "sha256:b")


def test_a_cell_tells_an_offset_only_where_it_applies() -> None:
    cells = (Cell("a", APPLIES, 3), Cell("b", "refused", kind="k", reason="r"))
    row = HookRow("v3.3.2", "ab", True, cells, Cell("", "refused"), "")
    (release,) = json.loads(json.dumps(lists.matrix_document([row])))["releases"]
    assert release["patches"] == [
        {"patch": "a", "status": APPLIES, "offset": 3},
        {"patch": "b", "status": "refused", "kind": "k", "reason": "r"},
    ]
    assert release["series"] == {"status": "refused"}
    assert release["patched_sha256"] is None


def test_files() -> None:
    assert lists.files_document([Path("a"), Path("b/c")]) == {"files": ["a", "b/c"]}


def test_all_of_it_and_advice_that_was_completed() -> None:
    error = UsageError("what", why="because", advice=["type this"])
    document = error_document(error)
    assert document == {
        "kind": error.kind, "exit_code": error.exit_code, "message": "what", "why": "because",
        "advice": ["type this"],
    }  # fmt: skip
    assert error_document(error, [])["advice"] == []
