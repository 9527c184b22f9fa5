"""Which CI system runs this."""

from __future__ import annotations

import pytest

from ksimage.ci.detect import System, detect

GITHUB = {"GITHUB_ACTIONS": "true"}
GITLAB = {"GITLAB_CI": "true"}


@pytest.mark.parametrize(
    ("environ", "system"),
    [
        ({}, System.PLAIN),
        ({"CI": "true"}, System.PLAIN),
        (GITHUB, System.GITHUB),
        ({"GITHUB_ACTIONS": "false"}, System.PLAIN),
        (GITLAB, System.GITLAB),
    ],
)
def test_detect(environ: dict[str, str], system: System) -> None:
    assert detect(environ) is system
