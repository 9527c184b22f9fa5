"""``ksimage version``."""

from __future__ import annotations

import platform

from tests.unit.cli.conftest import Run

from ksimage import __version__ as version


def test_a_line_and_a_document(run: Run) -> None:
    text = run("version").ok().stdout
    assert text.startswith(f"ksimage {version} (Python {platform.python_version()}, ")
    document = run("version", "--output", "json").ok().document
    assert document["version"] == version and set(document) == {
        "schema", "version", "python", "platform",
    }  # fmt: skip
