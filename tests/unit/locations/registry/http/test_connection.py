"""One request over a connection: what can go wrong, in this package's terms."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator

import pytest
from tests.faults.conftest import Waits
from tests.faults.scripted import Reply, ScriptedRegistry
from tests.support.registry import free_port

from ksimage.errors import RegistryUnreachable
from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.http import connection
from ksimage.locations.registry.http.connection import Connections, NoTls
from ksimage.locations.registry.http.hosts import host_of
from ksimage.locations.registry.http.retry import Transient

Make = Callable[[str], Connections]


@pytest.fixture
def make(options: RegistryOptions) -> Iterator[Make]:
    made: list[Connections] = []

    def new(address: str) -> Connections:
        made.append(Connections(host_of(address, insecure=False), options))
        return made[-1]

    yield new
    for connections in made:
        connections.close()


def test_nobody_there(make: Make) -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(RegistryUnreachable) as raised:
        make(address).send("GET", f"http://{address}/v2/", {})
    assert "connection refused" in raised.value.why


def test_a_name_that_nobody_knows(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(RegistryUnreachable) as raised:
        make("harbor.lan").send("GET", "https://harbor.lan/v2/", {})
    assert "its name is not known" in raised.value.why


def test_plain_http_where_tls_was_spoken(make: Make, script: ScriptedRegistry) -> None:
    with pytest.raises(NoTls):
        make(script.address).send("GET", f"https://{script.address}/v2/", {})


def test_cut_before_and_within_the_answer(make: Make, script: ScriptedRegistry) -> None:
    script.on("GET", "a", Reply(200, b"x" * 100, cut=-1))
    script.on("GET", "b", Reply(200, b"x" * 100, cut=50))
    connections = make(script.address)
    base = f"http://{script.address}/v2"
    with pytest.raises((Transient, NoTls)):
        connections.send("GET", f"{base}/a", {})
    response = connections.send("GET", f"{base}/b", {})
    with pytest.raises(Transient, match="cut"):
        list(connections.chunks(response))
    response.close()


def test_a_body_that_hardly_moves(
    make: Make, script: ScriptedRegistry, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.on("GET", "a", 200, b"x" * 100)
    response = make(script.address).send("GET", f"http://{script.address}/v2/a", {})
    read = response.read1

    def slowly(amount: int) -> bytes:
        waits.now += connection.STALL_WINDOW + 1
        return read(amount)

    monkeypatch.setattr(response, "read1", slowly)
    connections = make(script.address)
    with pytest.raises(Transient, match="only 100 bytes in 61 s"):
        list(connections.chunks(response))
    response.close()


def test_a_warning_of_the_registrys_is_passed_on_once_and_harmless(
    make: Make, script: ScriptedRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    script.on("GET", "a", 200, b"", times=2, Warning='299 - "read only soon \x9b2J"')
    connections = make(script.address)
    for _ in (1, 2):
        connections.send("GET", f"http://{script.address}/v2/a", {}).close()
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1 and "read only soon" in said[0]
    assert said[0].isprintable()


def test_after_an_interruption_they_are_of_no_use(make: Make, script: ScriptedRegistry) -> None:
    connections = make(script.address)
    connections._interrupted = connection.threading.Event()  # type: ignore[attr-defined]
    connections._interrupted.set()
    assert connections.interrupted
    with pytest.raises(KeyboardInterrupt):
        connections.send("GET", f"http://{script.address}/v2/", {})
    with pytest.raises(KeyboardInterrupt):
        connections.pause(0)
