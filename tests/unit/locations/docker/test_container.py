"""Containers that ksimage makes are gone afterwards, even those whose making was interrupted."""

from __future__ import annotations

import time
from typing import Any

import docker.errors
import pytest

from ksimage.locations.docker import engine


class Engine:
    """The three calls of the SDK; ``slow`` containers appear only after the client was cut off."""

    def __init__(self, failure: BaseException | None = None, *, slow: int = 0) -> None:
        self.failure = failure
        self.slow = slow
        self.held: set[str] = set()
        self.removals = 0

    def create_container(self, image: str, *, name: str, **options: Any) -> None:
        self.options = options
        if not self.slow and not isinstance(self.failure, docker.errors.APIError):
            self.held.add(name)
        if self.failure is not None:
            raise self.failure

    def remove_container(self, name: str, *, force: bool, v: bool) -> None:
        assert force
        assert v
        self.removals += 1
        if self.slow and self.removals > self.slow:
            self.held.add(name)
        if name not in self.held:
            raise docker.errors.NotFound("no such container")
        self.held.remove(name)


@pytest.mark.parametrize("slow", [0, 3])
def test_interrupted_while_it_is_made(slow: int) -> None:
    api = Engine(KeyboardInterrupt(), slow=slow)
    with pytest.raises(KeyboardInterrupt), engine.container(api, "image"):
        pytest.fail("there is no container to work with")
    assert api.held == set()
    assert api.removals == slow + 1


def test_interrupted_while_it_is_used() -> None:
    api = Engine()
    with pytest.raises(KeyboardInterrupt), engine.container(api, "image", command=["x"]) as name:
        assert api.held == {name}
        assert api.options == {"command": ["x"]}
        raise KeyboardInterrupt
    assert api.held == set()


def test_nobody_waits_for_one_that_was_refused() -> None:
    api = Engine(docker.errors.APIError("no space left"))
    started = time.monotonic()
    with pytest.raises(docker.errors.APIError), engine.container(api, "image"):
        pytest.fail("there is no container to work with")
    assert time.monotonic() - started < engine.REMOVAL_SECONDS / 2


def test_the_search_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "REMOVAL_SECONDS", 0.1)
    api = Engine(KeyboardInterrupt(), slow=1_000_000)
    with pytest.raises(KeyboardInterrupt), engine.container(api, "image"):
        pytest.fail("there is no container to work with")


def test_names_differ() -> None:
    api = Engine()
    with engine.container(api, "image") as one, engine.container(api, "image") as other:
        assert one != other
        assert api.held == {one, other}
    assert api.held == set()
