"""Proxies from the environment."""

from __future__ import annotations

import pytest

from ksimage.errors import ConfigError
from ksimage.locations.registry.http.proxies import proxy_for, without_login

ENVIRONMENT = {"https_proxy": "http://proxy:3128", "HTTP_PROXY": "proxy:80"}


@pytest.mark.parametrize(
    ("url", "no_proxy", "expected"),
    [
        ("https://harbor.lan/v2/", "", "http://proxy:3128"),
        ("http://harbor.lan/v2/", "", "http://proxy:80"),
        ("https://harbor.lan/v2/", "*", None),
        ("https://harbor.lan/v2/", "harbor.lan", None),
        ("https://harbor.lan/v2/", ".lan", None),
        ("https://harbor.lan/v2/", "lan", None),
        ("https://harbor.lan/v2/", "*.lan", None),
        ("https://harbor.lan/v2/", "arbor.lan", "http://proxy:3128"),
        ("https://harbor.lan/v2/", "other, harbor.lan:443", None),
        ("https://harbor.lan:8443/v2/", "harbor.lan:443", "http://proxy:3128"),
        ("https://10.1.2.3/v2/", "10.0.0.0/8", None),
        ("https://11.1.2.3/v2/", "10.0.0.0/8,nonsense/99", "http://proxy:3128"),
        ("https://10.1.2.3/v2/", "10.1.2.3", None),
        ("https://[fd00::1]/v2/", "fd00::/8", None),
        ("https://localhost:5000/v2/", "", None),
        ("http://127.0.0.1:5000/v2/", "", None),
        ("http://[::1]:5000/v2/", "", None),
    ],
)
def test_proxy_for(url: str, no_proxy: str, expected: str | None) -> None:
    assert proxy_for(url, {**ENVIRONMENT, "no_proxy": no_proxy}) == expected


def test_proxy_of_a_cgi_program_is_not_taken_from_a_header() -> None:
    environ = {"HTTP_PROXY": "evil:80", "REQUEST_METHOD": "GET"}
    assert proxy_for("http://harbor.lan/", environ) is None


def test_all_proxy_is_the_last_resort() -> None:
    assert proxy_for("https://harbor.lan/", {"ALL_PROXY": "http://p:1"}) == "http://p:1"


@pytest.mark.parametrize("value", ["socks5://u:s3cret@p:1", "http://", "http://p:s3cret"])
def test_unusable_proxy(value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        proxy_for("https://harbor.lan/", {"https_proxy": value})
    assert "https_proxy" in caught.value.message
    assert "s3cret" not in caught.value.message
    assert caught.value.__suppress_context__


def test_proxy_is_shown_without_its_login() -> None:
    assert without_login("http://user:s3cret@proxy:3128/") == "http://proxy:3128"
