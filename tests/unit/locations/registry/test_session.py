"""One session a registry and login."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.session import close_sessions, session_for


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    close_sessions()
    yield
    close_sessions()


def test_shared_by_name_and_options() -> None:
    one = session_for("Harbor.lan", None)
    assert session_for("harbor.lan", RegistryOptions()) is one
    assert session_for("harbor.lan", RegistryOptions(insecure=True)) is not one
    assert session_for("harbor.lan:8443", None) is not one


def test_what_is_known_stays_by_repository() -> None:
    session = session_for("harbor.lan", None)
    session.learn("p/r", "sha256:a")
    assert session.knows("p/r", "sha256:a")
    assert not session.knows("p/s", "sha256:a")
    session.decline("q/base", "p/r")
    assert session.declines("q/base", "p/r")
    assert not session.declines("p/r", "q/base")


def test_forgotten_when_closed() -> None:
    session_for("harbor.lan", None).learn("p/r", "sha256:a")
    close_sessions()
    assert not session_for("harbor.lan", None).knows("p/r", "sha256:a")
