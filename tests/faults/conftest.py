"""Clients for tests of faults: no real waiting, no login of the machine."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from urllib3.response import BaseHTTPResponse

from ksimage.images.reference import parse
from ksimage.locations.options import RegistryOptions, RetryPolicy
from ksimage.locations.registry.http.connection import Connections
from ksimage.locations.registry.source import RegistrySource
from ksimage.locations.registry.target import RegistryTarget
from tests.faults.proxy import FaultProxy
from tests.faults.scripted import ScriptedRegistry
from tests.support.registry import RunningRegistry


@dataclass
class Waits:
    """Takes the place of sleeping: remembers how long, and moves the clock."""

    slept: list[float] = field(default_factory=list)
    now: float = 1000.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def options(waits: Waits) -> RegistryOptions:
    """Options under which waiting takes no time."""
    policy = RetryPolicy(sleep=waits.sleep, clock=waits.clock, jitter=lambda: 1.0)
    return RegistryOptions(retry=policy, connect_timeout=5, read_timeout=5)


@pytest.fixture(autouse=True)
def _no_logins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def playing() -> Iterator[ScriptedRegistry]:
    """A scripted server; at the end everything in its script must have happened."""
    server = ScriptedRegistry()
    yield server
    server.stop()
    server.check()


@pytest.fixture
def script() -> Iterator[ScriptedRegistry]:
    """A scripted registry."""
    yield from playing()


@pytest.fixture
def store() -> Iterator[ScriptedRegistry]:
    """A second server, of another origin, as object stores are."""
    yield from playing()


@pytest.fixture
def proxy(registry: RunningRegistry) -> Iterator[FaultProxy]:
    """The plain registry behind a fault proxy; at the end every fault must have struck."""
    running = FaultProxy(registry.port)
    yield running
    running.stop()
    running.check()


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of all chunks of bodies that were read."""
    sizes: list[int] = []
    read = Connections.chunks

    def counted(self: Connections, response: BaseHTTPResponse) -> Iterator[bytes]:
        for chunk in read(self, response):
            sizes.append(len(chunk))
            yield chunk

    monkeypatch.setattr(Connections, "chunks", counted)
    return sizes


@pytest.fixture
def repository() -> str:
    """A repository name that no other test uses."""
    return f"test/r{random.getrandbits(48):012x}"


@pytest.fixture
def source(options: RegistryOptions) -> Callable[..., RegistrySource]:
    """Makes sources: ``source("host/repo:tag", username=…)``."""
    return lambda text, **more: RegistrySource(parse(text), replace(options, **more))


@pytest.fixture
def target(options: RegistryOptions) -> Callable[..., RegistryTarget]:
    """Makes targets: ``target("host/repo:tag", username=…)``."""
    return lambda text, **more: RegistryTarget(parse(text), replace(options, **more))
