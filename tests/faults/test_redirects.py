"""Answers that lead elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ksimage.errors import RedirectRefused, RightMissing, UnusableAnswer
from ksimage.images.reference import parse
from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.http.hosts import resolve
from ksimage.locations.registry.source import RegistrySource
from tests.faults.scripted import Reply, Request, ScriptedRegistry
from tests.support.blobs import MemorySource, layer, noise
from tests.support.registry import PASSWORD, USER

Sources = Callable[..., RegistrySource]

LOGIN = {"username": USER, "password": PASSWORD}
DATA = noise(600_000)
BLOB = layer(DATA)


def _read(source: RegistrySource) -> bytes:
    with source.blob(BLOB) as chunks:
        return b"".join(chunks)


def _basic(script: ScriptedRegistry, path: str) -> None:
    script.on(
        "GET",
        path,
        401,
        WWW_Authenticate='Basic realm="r"',
        when=lambda r: "Authorization" not in r.headers,
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_blob_redirect_drops_the_login(
    status: int, script: ScriptedRegistry, store: ScriptedRegistry, source: Sources
) -> None:
    url = f"http://{store.address}/v2/bucket/x?signature=s3cret"
    _basic(script, "p/r/blobs/.*")
    script.on("GET", "p/r/blobs/.*", status, Location=url)
    store.on("GET", "bucket/x", 200, DATA)
    assert _read(source(f"{script.address}/p/r:v1", **LOGIN)) == DATA
    assert "Authorization" in script.requests[-1].headers
    assert "Authorization" not in store.requests[0].headers
    assert store.requests[0].query == {"signature": ["s3cret"]}


def test_redirect_within_the_registry_keeps_the_login(
    script: ScriptedRegistry, source: Sources
) -> None:
    _basic(script, "p/r/blobs/.*")
    script.on("GET", "p/r/blobs/.*", 307, Location="/v2/elsewhere")
    script.on("GET", "elsewhere", 200, DATA, when=lambda r: "Authorization" in r.headers)
    assert _read(source(f"{script.address}/p/r:v1", **LOGIN)) == DATA


def test_range_goes_along(
    script: ScriptedRegistry, store: ScriptedRegistry, source: Sources
) -> None:
    def rest(request: Request) -> Reply:
        assert request.headers["Range"] == "bytes=1000-"
        span = f"bytes 1000-{len(DATA) - 1}/{len(DATA)}"
        return Reply(206, DATA[1000:], {"Content-Range": span})

    script.on("GET", "p/r/blobs/.*", 307, times=2, Location=f"http://{store.address}/v2/x")
    store.on("GET", "x", Reply(200, DATA, cut=1000))
    store.on("GET", "x", rest)
    assert _read(source(f"{script.address}/p/r:v1")) == DATA


def test_challenge_of_another_host_gets_no_login(
    script: ScriptedRegistry, store: ScriptedRegistry, source: Sources
) -> None:
    script.on("GET", "p/r/blobs/.*", 307, Location=f"http://{store.address}/v2/x")
    realm = f'Bearer realm="http://{store.address}/v2/token"'
    store.on("GET", "x", 401, WWW_Authenticate=realm)
    script.on("GET", "", 200)
    with pytest.raises(RightMissing):
        _read(source(f"{script.address}/p/r:v1", **LOGIN))
    assert not store.asked("GET", "token")


def test_redirects_are_counted(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", "p/r/blobs/.*", 307, times=6, Location=f"/v2/p/r/blobs/{BLOB.digest}")
    with pytest.raises(RedirectRefused):
        _read(source(f"{script.address}/p/r:v1"))


@pytest.mark.parametrize(
    "location",
    [
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "http://user:password@127.0.0.1/x",
        "http://[::1",
        "http://127.0.0.1:99999/x",
        "/" + "x" * 20_000,
    ],
)
def test_places_that_are_not_gone_to(
    location: str, script: ScriptedRegistry, source: Sources
) -> None:
    script.on("GET", "p/r/blobs/.*", 307, Location=location)
    with pytest.raises(RedirectRefused) as caught:
        _read(source(f"{script.address}/p/r:v1"))
    assert "password" not in str(caught.value)


def test_redirect_without_location_is_an_error(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", "p/r/blobs/.*", 307)
    with pytest.raises(UnusableAnswer):
        _read(source(f"{script.address}/p/r:v1"))


def test_from_https_to_http_is_refused_but_for_the_registry_itself() -> None:
    base = "https://harbor.lan/v2/p/r/blobs/uploads/"
    with pytest.raises(RedirectRefused):
        resolve("http://elsewhere.lan/x", base, "harbor.lan")
    with pytest.raises(RedirectRefused):
        resolve("http://harbor.lan:8080/x", base, "harbor.lan")
    # a registry behind a proxy that ends TLS does not know that it is https
    own = resolve("http://harbor.lan/v2/x?_state=1", base, "harbor.lan")
    assert own == "https://harbor.lan/v2/x?_state=1"
    assert resolve("/v2/y?a=b", base, "harbor.lan") == "https://harbor.lan/v2/y?a=b"
    assert resolve("https://s3.lan/z", base, "harbor.lan") == "https://s3.lan/z"


def test_a_write_is_never_redirected(script: ScriptedRegistry, options: RegistryOptions) -> None:
    from ksimage.locations.registry.target import RegistryTarget

    script.on("HEAD", "p/r/blobs/.*", 404)
    script.on("POST", "p/r/blobs/uploads/", 307, Location="/v2/elsewhere/")
    target = RegistryTarget(parse(f"{script.address}/p/r:v1"), options)
    memory = MemorySource()
    with pytest.raises(UnusableAnswer):
        target.put_blob(memory.add(b"x"), memory)
