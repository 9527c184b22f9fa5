"""What a request is for, and the rights that it needs."""

from __future__ import annotations

from ksimage.locations.registry.intent import Intent


def test_scopes_are_exact() -> None:
    assert Intent("h", "p/r").scopes == ("repository:p/r:pull",)
    assert Intent("h", "p/r", push=True).scopes == ("repository:p/r:pull,push",)
    assert Intent("h", "p/r", push=True, mount_from="q/s").scopes == (
        "repository:p/r:pull,push",
        "repository:q/s:pull",
    )
    assert Intent("h").scopes == ()


def test_names_of_intents() -> None:
    assert Intent("h", "p/r", what="v1").name == "h/p/r:v1"
    assert Intent("h", "p/r", what="sha256:ab").name == "h/p/r@sha256:ab"
    assert Intent("h").name == "h"
