"""WWW-Authenticate headers, also of servers that mean harm."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksimage.errors import UnusableAnswer
from ksimage.locations.registry.auth.challenge import Challenge, parse_challenges, read_token
from ksimage.locations.registry.http.wire import Answer


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            'Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push"',
            [
                Challenge(
                    "bearer",
                    {"realm": "https://a/t", "service": "s", "scope": "repository:a/b:pull,push"},
                )
            ],
        ),
        ("bearer REALM=x , Service = y", [Challenge("bearer", {"realm": "x", "service": "y"})]),
        ('Basic realm="a \\"b\\" c"', [Challenge("basic", {"realm": 'a "b" c'})]),
        ("Basic", [Challenge("basic", {})]),
        (
            'Basic realm="a", Bearer realm="b"',
            [Challenge("basic", {"realm": "a"}), Challenge("bearer", {"realm": "b"})],
        ),
        (
            "Negotiate, Basic realm=x",
            [Challenge("negotiate", {}), Challenge("basic", {"realm": "x"})],
        ),
        ('Bearer realm="a",realm="b"', [Challenge("bearer", {"realm": "a"})]),
        ("", []),
        (",,, ,", []),
        ('="x"', []),
        ('Bearer realm="unfinished', [Challenge("bearer", {"realm": ""})]),
    ],
)
def test_challenges(header: str, expected: list[Challenge]) -> None:
    found = parse_challenges([header])
    if "unfinished" in header:
        assert [challenge.scheme for challenge in found][:1] == ["bearer"]
    else:
        assert found == expected


@given(st.lists(st.text(max_size=200), max_size=3))
def test_any_challenge_is_parsed_without_an_error(headers: list[str]) -> None:
    for challenge in parse_challenges(headers):
        assert challenge.scheme == challenge.scheme.lower()


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text", [" " * 60_000, "a" * 60_000, 'a="' + "\\" * 60_000, "a=," * 20_000]
)
def test_hostile_challenges_take_no_time(text: str) -> None:
    parse_challenges([text, f"Bearer {text}"])


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
