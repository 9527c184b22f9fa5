"""A refusal that the engine passes on says nothing of the login: the registry is asked."""

from __future__ import annotations

import pytest
from tests.support.harbor import ROBOT, ROBOT_SECRET, FakeHarbor
from tests.support.registry import PASSWORD, USER, RunningRegistry, free_port

from ksimage.errors import (
    EnginePushFailed,
    KsimageError,
    LoginFailed,
    LoginRequired,
    RightMissing,
)
from ksimage.images import reference
from ksimage.locations.options import RegistryOptions
from ksimage.publish.refusals import explained

UNAUTHORIZED = "unauthorized: unauthorized to access repository: kubesphereio/x, action: push"
DENIED = "denied: requested access to the resource is denied"
NO_LOGIN = "no basic auth credentials"


def told(
    address: str, words: str, username: str | None = None, password: str | None = None
) -> KsimageError:
    options = RegistryOptions(username=username, password=password)
    name = reference.parse(f"{address}/kubesphereio/x:t")
    return explained(EnginePushFailed(str(name), words), name, options)


@pytest.mark.parametrize("words", [UNAUTHORIZED, DENIED, NO_LOGIN])
class TestHarbor:
    """Its projects are public: reading tells nothing of the login."""

    def test_wrong_password(self, harbor: FakeHarbor, words: str) -> None:
        error = told(harbor.address, words, ROBOT, "not this one")
        assert type(error) is LoginFailed and ROBOT in error.message

    def test_missing_right(self, harbor: FakeHarbor, words: str) -> None:
        harbor.projects["kubesphereio"].members[ROBOT] = {"pull"}
        error = told(harbor.address, words, ROBOT, ROBOT_SECRET)
        assert type(error) is RightMissing and error.why == words

    def test_nobody(self, harbor: FakeHarbor, words: str) -> None:
        error = told(harbor.address, words)
        assert type(error) is LoginRequired
        assert error.advice[0].startswith(f"docker login {harbor.address} ")


def test_basic(htpasswd_registry: RunningRegistry) -> None:
    where = htpasswd_registry.address
    assert type(told(where, UNAUTHORIZED, USER, "wrong")) is LoginFailed
    assert type(told(where, UNAUTHORIZED, USER, PASSWORD)) is RightMissing


def test_token_service(bearer_registry: RunningRegistry) -> None:
    where = bearer_registry.address
    assert type(told(where, DENIED, USER, "wrong")) is LoginFailed
    assert type(told(where, DENIED, USER, PASSWORD)) is RightMissing


def test_a_registry_that_is_gone() -> None:
    error = told(f"127.0.0.1:{free_port()}", UNAUTHORIZED, USER, PASSWORD)
    assert type(error) is RightMissing
