"""Where a Location header leads."""

from __future__ import annotations

import pytest

from ksimage.errors import RedirectRefused
from ksimage.locations.registry.http.redirects import MAX_URL, resolve, shown, upload_place

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
