"""Documents of builds; their keys are compared with docs/json.md in test_documents.py."""

from __future__ import annotations

import json

from ksimage.build.outcome import Ending, ReleaseOutcome
from ksimage.cli.output.documents.builds import builds_document
from ksimage.errors import UsageError


def test_one_that_failed_has_an_error_and_no_build() -> None:
    rows = [ReleaseOutcome("v3.3.2", Ending.FAILED, 1.23456, None, UsageError("why"))]
    document = json.loads(json.dumps(builds_document(rows)))
    (row,) = document["builds"]
    assert (row["state"], row["seconds"], row["build"]) == (Ending.FAILED.value, 1.235, None)
    assert row["error"]["message"] == "why"
