"""Pools of connections: what goes to a proxy, and that Ctrl-C cuts what is open."""

from __future__ import annotations

import ssl
import threading

import pytest
import urllib3
from tests.faults.scripted import Reply, ScriptedRegistry

from ksimage.locations.registry.http import pools


def test_straight() -> None:
    manager = pools.pool_manager(None, ssl.create_default_context())
    assert not isinstance(manager, urllib3.ProxyManager)


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("http://proxy.lan:3128", None),
        ("http://user:pass@proxy.lan:3128", "Basic dXNlcjpwYXNz"),
        ("http://user@proxy.lan:3128", "Basic dXNlcjo="),
    ],
)
def test_a_proxys_login_is_a_header_and_no_part_of_its_name(url: str, header: str | None) -> None:
    manager = pools.pool_manager(url, ssl.create_default_context())
    assert isinstance(manager, urllib3.ProxyManager)
    assert manager.proxy is not None and manager.proxy.auth is None
    assert manager.proxy_headers.get("proxy-authorization") == header


def test_an_interruption_cuts_what_is_open_and_is_for_those_that_began_before(
    script: ScriptedRegistry,
) -> None:
    reached = threading.Event()
    script.on("GET", "x", Reply(200, b"x" * 100, {}, delay=0.2, halfway=reached.set))
    before = pools.interruption()
    manager = pools.pool_manager(None, ssl.create_default_context())
    answer = manager.urlopen(
        "GET", f"http://{script.address}/v2/x", preload_content=False, retries=False
    )
    pools._cut()
    with pytest.raises(urllib3.exceptions.HTTPError):
        answer.read()
    answer.close()
    manager.clear()
    assert before.is_set()
    assert not pools.interruption().is_set()
