"""A login shows no secret."""

from __future__ import annotations

from ksimage.locations.registry.auth.credentials import Credentials


def test_repr_shows_no_secret() -> None:
    login = Credentials("here", "user", "s3cret", "identity", "ready")
    assert "user" in repr(login)
    assert not any(word in repr(login) for word in ("s3cret", "identity", "ready"))


def test_basic() -> None:
    assert Credentials("here", "user", "pass").basic == "Basic dXNlcjpwYXNz"
    assert Credentials("here", "user").basic is None
    assert Credentials("here", secret="pass").basic is None
