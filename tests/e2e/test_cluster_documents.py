"""docs/json.md against the program, for what only a cluster can tell."""

from __future__ import annotations

import pytest
from tests.support.cluster import Images, Installation
from tests.unit.cli.output.test_documents import compare

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300, func_only=True)]


def test_rollout_and_status(installation: Installation, images: Images) -> None:
    installation.deploy(images.pristine, {"monitoring": {"seconds": 1}})
    installation.running()
    installation.installed()
    rollout = ("rollout", images.patched, "--yes", "--output", "json")
    planned = installation.ksimage(*rollout, "--dry-run").ok()
    compare("rollout", planned.document)
    done = installation.ksimage(*rollout).ok()
    compare("rollout", done.document)
    compare("status", installation.ksimage("status", "--output", "json").document)
