"""What to type next."""

from __future__ import annotations

import pytest

from ksimage.cli.output.steps import next_steps
from ksimage.locations import spec

DIGEST = "sha256:" + "a" * 64


def test_a_registry_is_named_by_digest() -> None:
    """By tag a node that has pulled it before keeps to what it has."""
    location = spec.parse("harbor.lan/x/ks-installer:v3.3.2-debug")
    lines = next_steps(location, f"{location}@{DIGEST}")
    assert lines == [f"ksimage rollout {location}@{DIGEST}", "ksimage watch"]


@pytest.mark.parametrize(
    "text", ["oci:out:x", "oci-archive:a.tar:x", "docker-daemon:a/b:c", "docker-archive:a.tar:b:c"]
)
def test_elsewhere_it_is_pushed(text: str) -> None:
    lines = next_steps(spec.parse(text), f"{text}@{DIGEST}")
    assert lines[-1] == f"ksimage push {text} REGISTRY/PROJECT"
    assert ("docker load -i a.tar" in lines) == text.startswith("docker-archive")
