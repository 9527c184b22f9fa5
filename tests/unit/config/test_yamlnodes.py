"""Keys that would hold a credential, and keys that only look like it."""

from __future__ import annotations

import pytest

from ksimage.config.yamlnodes import is_secret


@pytest.mark.parametrize(
    "key",
    ["password", "Passwd", "PASS", "user", "username", "auth", "api-key", "harbor_token", "secret"],
)
def test_secret_keys(key: str) -> None:
    assert is_secret(key)


@pytest.mark.parametrize("key", ["tag", "team", "author", "lan.example.passenger", "users-guide"])
def test_other_keys(key: str) -> None:
    assert not is_secret(key)
