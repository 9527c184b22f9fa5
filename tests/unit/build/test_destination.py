"""Where a result goes, and who makes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support import derived
from tests.support.program import MINIATURE

from ksimage.build import destination
from ksimage.config.settings import Settings
from ksimage.errors import UsageError
from ksimage.locations import spec
from ksimage.locations.docker import engine

REGISTRY = spec.parse("harbor.lan/kubesphereio/ks-installer:v3.3.2")


class TestDestination:
    @pytest.fixture
    def choose(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.setattr(engine, "reachable", lambda: (False, "no socket"))
        with derived.planned(derived.base(tmp_path)) as plan:

            def chosen(
                to: str | None = None, push: bool = False, location: Any = None, **settings: Any
            ) -> tuple[str, str]:
                own = plan._replace(location=location) if location else plan
                found = destination.choose(own, Settings(**settings), to=to, push=push)
                assert found.why
                return found.engine, str(found.location)

            yield chosen

    def test_to(self, choose: Any) -> None:
        assert choose("oci:out") == ("direct", "oci:out:v3.3.2-debug")
        assert choose("harbor.lan/x") == ("direct", "harbor.lan/x/ks-installer:v3.3.2-debug")
        assert choose("oci:out", engine="docker") == ("docker", "oci:out:v3.3.2-debug")
        assert choose("docker-daemon:") == (
            "direct", "docker-daemon:kubesphere/ks-installer:v3.3.2-debug",
        )  # fmt: skip

    def test_push(self, choose: Any) -> None:
        assert choose(push=True, location=REGISTRY, source="harbor.lan/kubesphereio") == (
            "direct", "harbor.lan/kubesphereio/ks-installer:v3.3.2-debug",
        )  # fmt: skip
        assert choose(push=True, target="other.lan/p") == (
            "direct", "other.lan/p/ks-installer:v3.3.2-debug",
        )  # fmt: skip

    def test_push_to_nowhere(self, choose: Any) -> None:
        with pytest.raises(UsageError, match="does not know where to"):
            choose(push=True)
        with pytest.raises(UsageError, match="does not know where to"):
            choose(push=True, location=spec.parse("docker.io/kubesphere/ks-installer:v3.3.2"))
        with pytest.raises(UsageError, match="both"):
            choose("oci:x", push=True)

    def test_locally(self, choose: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        file = "docker-archive:ks-installer-v3.3.2-debug.tar:kubesphere/ks-installer:v3.3.2-debug"
        name = "docker-daemon:kubesphere/ks-installer:v3.3.2-debug"
        assert choose() == ("direct", file)
        assert choose(engine="direct") == ("direct", file)
        assert choose(engine="docker") == ("docker", name)
        monkeypatch.setattr(engine, "reachable", lambda: (True, "a socket"))
        assert choose() == ("docker", name)
        assert choose(engine="direct") == ("direct", file)


def test_several_platforms_without_an_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "reachable", lambda: (False, "no socket"))
    with derived.planned(f"oci:{MINIATURE}") as plan:
        assert len(plan.platforms) > 1
        found = destination.choose(plan, Settings(), to=None, push=False)
    file = "oci-archive:ks-installer-v3.3.2-debug.tar:v3.3.2-debug"
    assert str(found.location) == file
