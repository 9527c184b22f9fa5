"""The test bed itself: an installer of the miniature runs to its end in a real pod."""

from __future__ import annotations

import pytest
from tests.support.cluster import Images, Installation

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300, func_only=True)]


@pytest.mark.parametrize("shape", ["kk-3.0.13", "v3.0.0"])
def test_an_installation_comes_to_its_end(
    installation: Installation, images: Images, shape: str
) -> None:
    installation.deploy(images.pristine, {"monitoring": {"seconds": 1}}, shape)  # type: ignore[arg-type]
    installation.running()
    installation.installed()
    status = installation.json("get", "cc", "ks-installer")["status"]
    assert status["monitoring"] == {"status": "enabled"}
