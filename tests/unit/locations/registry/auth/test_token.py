"""A token service's answer, read."""

from __future__ import annotations

import json

import pytest

from ksimage.errors import UnusableAnswer
from ksimage.locations.registry.auth.token import read_token
from ksimage.locations.registry.http.wire import Answer


def _answer(body: bytes) -> Answer:
    return Answer(200, {}, body, "https://auth.lan/token?x")


@pytest.mark.parametrize(
    ("document", "value", "until"),
    [
        ({"token": "a", "expires_in": 300}, "a", 1290.0),
        ({"access_token": "b", "expires_in": 20}, "b", 1018.0),
        ({"token": "a", "access_token": "b"}, "a", 1054.0),
        ({"token": "a", "expires_in": True}, "a", 1054.0),
        ({"token": "a", "expires_in": -5}, "a", 1054.0),
        ({"token": "a", "expires_in": "300"}, "a", 1054.0),
    ],
)
def test_renewed_a_little_early(document: object, value: str, until: float) -> None:
    found = read_token(_answer(json.dumps(document).encode()), 1000.0)
    assert (found.value, found.good_until) == (value, until)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"token": 5}',
        b'{"token": ""}',
        b'{"token": "a\\nX-Evil: 1"}',
        b"[" * 9000,
    ],
)
def test_none_in_it(body: bytes) -> None:
    with pytest.raises(UnusableAnswer) as raised:
        read_token(_answer(body), 0.0)
    assert "auth.lan" in raised.value.message


def test_no_secret_in_its_repr() -> None:
    assert "s3cret" not in repr(read_token(_answer(b'{"token": "s3cret"}'), 0.0))
