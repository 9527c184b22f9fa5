"""``ksimage check``: what it prints, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.cli.conftest import Run

CONFIG = "source: harbor.lan/kubesphereio\nreleases: ['>=3.3,<3.5']\nverbosity: 5\n"
RELEASES = ["v3.3.0", "v3.3.1", "v3.3.2", "v3.4.0", "v3.4.1"]


@pytest.fixture
def configured(run: Run, tmp_path: Path) -> Run:
    (tmp_path / "ksimage.yaml").write_text(CONFIG)
    return run


class TestCheck:
    """What needs no registry; the rest is in tests/e2e/test_check_matrix.py."""

    @pytest.mark.parametrize(
        ("arguments", "code", "words"),
        [
            (("v3.3.2",), 2, "nowhere to look for the images"),
            ((), 2, "none is listed in ksimage.yaml"),
            (("v9.9.9", "--target", "harbor.lan/a"), 4, "unknown release"),
            (("harbor.lan/a/ks-installer:v3.3.2", "--target", "harbor.lan/a"), 4, "unknown"),
        ],
    )
    def test_errors(self, run: Run, arguments: tuple[str, ...], code: int, words: str) -> None:
        found = run("check", *arguments)
        assert (found.code, found.stdout) == (code, "")
        assert words in found.stderr
