"""What is in a registry before kk comes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import derived
from tests.support.harbor import ADMIN, ADMIN_PASSWORD, FakeHarbor
from tests.support.registry import RunningRegistry

from ksimage.harbor import presence
from ksimage.images import reference
from ksimage.locations.options import RegistryOptions


@pytest.fixture
def admin() -> RegistryOptions:
    return RegistryOptions(username=ADMIN, password=ADMIN_PASSWORD)


def test_projects_of_a_harbor(harbor: FakeHarbor, admin: RegistryOptions) -> None:
    image = reference.parse(f"{harbor.address}/kubesphereio/ks-installer:v3.3.2")
    found = presence.look(image, ["kubesphereio", "calico"], admin)
    assert found.harbor
    assert found.projects == {"kubesphereio": True, "calico": False}
    assert found.missing == ("calico",)
    assert found.digest is None


def test_what_is_not_told_is_not_missing(harbor: FakeHarbor) -> None:
    wrong = RegistryOptions(username=ADMIN, password="wrong-password")
    image = reference.parse(f"{harbor.address}/kubesphereio/ks-installer:v3.3.2")
    assert presence.look(image, ["kubesphereio"], wrong).missing == ()


def test_a_plain_registry(registry: RunningRegistry, tmp_path: Path) -> None:
    name = f"{registry.address}/presence/ks-installer:v3.3.2"
    made = derived.copied(derived.opened(derived.base(tmp_path / "image")), name)
    found = presence.look(reference.parse(name), ["presence"], None)
    assert found == presence.Presence(False, {}, made.top.digest)


def test_nobody() -> None:
    image = reference.parse("127.0.0.1:9/a/ks-installer:v1")
    assert presence.look(image, ["a"], None) == presence.Presence(False, {}, None)
