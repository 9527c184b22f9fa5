"""HTTP to one registry: redirects, logins that stay, bodies that are bounded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.faults.scripted import Reply, ScriptedRegistry

from ksimage.errors import RedirectRefused
from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.http.wire import Answer, Wire


@pytest.fixture
def wire(script: ScriptedRegistry, options: RegistryOptions) -> Iterator[Wire]:
    made = Wire(script.address, options)
    yield made
    made.close()


def test_a_server_of_this_machine_that_speaks_no_tls(wire: Wire, script: ScriptedRegistry) -> None:
    script.on("GET", "", 200, b"{}")
    assert wire.base.startswith("https://")
    response, _ = wire.follow("GET", "/v2/", {}, None, None)
    assert wire.read(response, 10).body == b"{}"
    wire.finish(response)
    assert wire.base == f"http://{script.address}"


def test_a_login_does_not_follow_to_another_server(
    wire: Wire, script: ScriptedRegistry, store: ScriptedRegistry
) -> None:
    script.on("GET", "x", 307, Location=f"http://{store.address}/v2/y")
    store.on("GET", "y", 200, b"there")
    response, last = wire.follow("GET", "/v2/x", {"Accept": "a"}, "Basic x", None)
    assert wire.read(response, 10).body == b"there"
    wire.finish(response)
    assert last == f"http://{store.address}/v2/y" and not wire.is_own(last)
    assert script.requests[0].headers["Authorization"] == "Basic x"
    assert "Authorization" not in store.requests[0].headers
    assert store.requests[0].headers["Accept"] == "a"


def test_redirects_end(wire: Wire, script: ScriptedRegistry) -> None:
    script.on("GET", "x", 302, Location="/v2/x", times=6)
    with pytest.raises(RedirectRefused):
        wire.follow("GET", "/v2/x", {}, None, None)


def test_what_writes_is_not_led_elsewhere(wire: Wire, script: ScriptedRegistry) -> None:
    script.on("PUT", "x", 307, Location="/v2/y")
    response, _ = wire.follow("PUT", "/v2/x", {}, None, b"data")
    assert response.status == 307
    wire.finish(response)


@pytest.mark.parametrize(("limit", "cut"), [(10, False), (9, True)])
def test_a_body_is_read_to_its_bound(
    wire: Wire, script: ScriptedRegistry, limit: int, cut: bool
) -> None:
    script.on("GET", "x", Reply(200, b"0123456789", {"Content-Type": "Text/HTML; charset=x"}))
    response, _ = wire.follow("GET", "/v2/x", {}, None, None)
    answer = wire.read(response, limit)
    wire.finish(response)
    assert (answer.body, answer.cut) == (b"0123456789"[:limit], cut)
    assert answer.media_type == "text/html"


def test_a_body_is_no_part_of_the_repr() -> None:
    assert "s3cret" not in repr(Answer(200, {}, b"s3cret"))
