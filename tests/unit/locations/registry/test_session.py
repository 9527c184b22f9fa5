"""One session a registry and login."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.registry import close_sessions

from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.session import session_for


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
    session.known.add(("p/r", "sha256:a"))
    session.declined.add(("q/base", "p/r"))
    again = session_for("Harbor.lan", RegistryOptions())
    assert again.known == {("p/r", "sha256:a")}
    assert again.declined == {("q/base", "p/r")}


def test_forgotten_when_closed() -> None:
    session_for("harbor.lan", None).known.add(("p/r", "sha256:a"))
    close_sessions()
    assert not session_for("harbor.lan", None).known
