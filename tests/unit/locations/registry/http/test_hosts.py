"""Which server a name means."""

from __future__ import annotations

import pytest

from ksimage.errors import BadReference, RedirectRefused
from ksimage.locations.registry.http.hosts import (
    MAX_URL,
    host_of,
    is_loopback,
    origin,
    resolve,
    shown,
    split_port,
    upload_place,
)


def test_docker_io_is_elsewhere() -> None:
    host = host_of("docker.io")
    assert (host.name, host.address, host.may_be_plain) == (
        "docker.io",
        "registry-1.docker.io",
        False,
    )


@pytest.mark.parametrize(
    "name", ["localhost", "LOCALHOST:5000", "127.0.0.1", "127.8.9.1:80", "[::1]:5000", "[::1]"]
)
def test_this_machine_may_be_plain(name: str) -> None:
    assert is_loopback(name)
    assert host_of(name).may_be_plain
    assert host_of(name).verified


@pytest.mark.parametrize(
    "name",
    ["harbor.lan", "10.0.0.1:5000", "localhost.evil.example", "127.0.0.1.nip.io", "128.0.0.1"],
)
def test_others_may_not(name: str) -> None:
    assert not is_loopback(name)
    assert not host_of(name).may_be_plain
    allowed = host_of(name, insecure=True)
    assert allowed.may_be_plain
    assert not allowed.verified


def test_absurd_port() -> None:
    with pytest.raises(BadReference):
        host_of("harbor.lan:99999")


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("a.b", ("a.b", None)),
        ("a.b:5", ("a.b", 5)),
        ("[::1]:5", ("::1", 5)),
        ("[::1]", ("::1", None)),
        ("::1", ("::1", None)),
    ],
)
def test_split_port(address: str, parts: tuple[str, int | None]) -> None:
    assert split_port(address) == parts


def test_origin() -> None:
    assert origin("https://A.b/x") == ("https", "a.b", 443)
    assert origin("http://a.b:81/x") == ("http", "a.b", 81)
    for url in ("/x", "ftp://a/x", "https://u@a/", "https://:p@a/", "https:///x", "http://a:x/"):
        with pytest.raises(ValueError, match=r".+"):
            origin(url)


BASE = "https://harbor.lan:8443/v2/p/r/blobs/uploads/"


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/v2/p/r/blobs/uploads/1?_state=x", f"{BASE}1?_state=x"),
        ("https://harbor.lan/v2/p/r/blobs/uploads/1", f"{BASE}1"),
        ("http://harbor.lan/v2/p/r/blobs/uploads/1?a=b", f"{BASE}1?a=b"),
        ("http://harbor.lan:8080/v2/p/r/blobs/uploads/1", f"{BASE}1"),
        ("https://store.lan/v2/p/r/blobs/uploads/1", "https://store.lan/v2/p/r/blobs/uploads/1"),
        ("https://harbor.lan/elsewhere/1", "https://harbor.lan/elsewhere/1"),
    ],
)
def test_upload_place(location: str, expected: str) -> None:
    assert upload_place(location, BASE, BASE, "harbor.lan:8443") == expected


@pytest.mark.parametrize("location", ["http://store.lan/x", "ftp://harbor.lan/", "x" * MAX_URL])
def test_places_that_are_refused(location: str) -> None:
    with pytest.raises(RedirectRefused):
        resolve(location, BASE, "harbor.lan:8443")


def test_no_secret_is_shown() -> None:
    assert shown("https://user:pass@store.lan/x?signature=secret") == "store.lan/x"
