"""A plan as files for a builder of the user's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import derived

from ksimage.build import context
from ksimage.locations import spec

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("location", "base", "loading"),
    [
        ("harbor.lan/x/ks-installer:v3.3.2", "harbor.lan/x/ks-installer@sha256:", []),
        ("docker-daemon:mine/x:y", "mine/x:y", []),
        (
            f"docker-daemon:{DIGEST}",
            "kubesphere/ks-installer:v3.3.2",
            [f"docker tag {DIGEST} kubesphere/ks-installer:v3.3.2"],
        ),
        (
            "docker-archive:/a.tar:mine/x:y",
            "kubesphere/ks-installer:v3.3.2",
            ["docker load -i /a.tar", "docker tag mine/x:y kubesphere/ks-installer:v3.3.2"],
        ),
    ],
)
def test_the_base_has_a_name(tmp_path: Path, location: str, base: str, loading: list[str]) -> None:
    with derived.planned(derived.base(tmp_path)) as plan:
        moved = plan._replace(location=spec.parse(location))
        chosen = moved.platforms[0]
        assert context.base_of(moved, chosen).startswith(base)
        assert context.loading(moved, chosen) == loading
        assert f"\nFROM {context.base_of(moved, chosen)}\n" in context.dockerfile(moved, chosen)


def test_files(tmp_path: Path) -> None:
    with derived.planned(derived.base(tmp_path)) as plan:
        files = {name: (data, mode) for name, data, mode in context.files(plan, plan.platforms[0])}
        assert set(files) == {"Dockerfile", "installRunner.py"}
        assert files["installRunner.py"] == (plan.platforms[0].patched.after, 0o755)
