"""Hosts, challenges, proxies, retries, and servers' words: the parts without a network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksimage.errors import BadReference, ConfigError, GaveUp
from ksimage.locations.options import RetryPolicy
from ksimage.locations.registry.answers import refusal
from ksimage.locations.registry.auth.challenge import Challenge, parse_challenges
from ksimage.locations.registry.http.hosts import host_of, is_loopback, origin, split_port
from ksimage.locations.registry.http.proxies import proxy_for, without_login
from ksimage.locations.registry.http.retry import Attempts, Transient
from ksimage.locations.registry.http.wire import Answer
from ksimage.locations.registry.intent import Intent
from ksimage.text import printable

# --- hosts ---


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


# --- challenges ---


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


# --- proxies ---

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


# --- retries ---


def _attempts(**more: float) -> tuple[Attempts, list[float]]:
    slept: list[float] = []
    policy = RetryPolicy(
        sleep=slept.append,
        clock=lambda: sum(slept),
        jitter=lambda: 1.0,
        **more,  # type: ignore[arg-type]
    )
    return Attempts(policy, "harbor.lan", "a test"), slept


def test_waits_double_up_to_a_bound() -> None:
    attempts, slept = _attempts(tries=9)
    for _ in range(8):
        attempts.again(Transient("x"))
    assert slept == [0.5, 1, 2, 4, 8, 15, 15, 15]
    with pytest.raises(GaveUp):
        attempts.again(Transient("x"))


def test_budget() -> None:
    attempts, slept = _attempts(tries=1000, budget=20)
    with pytest.raises(GaveUp):
        for _ in range(1000):
            attempts.again(Transient("x"))
    assert sum(slept) <= 20


def test_little_progress_does_not_count() -> None:
    attempts, slept = _attempts()
    with pytest.raises(GaveUp):
        for _ in range(100):
            attempts.progress(1)
            attempts.again(Transient("x"))
    assert len(slept) == 4


def test_progress_counts_but_not_for_ever() -> None:
    attempts, slept = _attempts()
    with pytest.raises(GaveUp):
        for _ in range(1000):
            attempts.progress(1 << 20)
            attempts.again(Transient("x"))
    assert 50 < len(slept) < 60


def test_free_faults_end_too() -> None:
    attempts, slept = _attempts()
    with pytest.raises(GaveUp):
        for _ in range(100):
            attempts.again(Transient("x", free=True))
    assert len(slept) == 4


# --- servers' words ---


@given(st.binary(max_size=300), st.sampled_from(["", "text/html", "application/json"]))
def test_any_error_body_becomes_short_plain_text(body: bytes, kind: str) -> None:
    said = refusal(Answer(400, {"Content-Type": kind}, body))
    assert said.words.isprintable()
    assert len(said.words) <= 400


@given(st.text())
def test_printable(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) <= 400


def test_scopes_are_exact() -> None:
    assert Intent("h", "p/r").scopes == ("repository:p/r:pull",)
    assert Intent("h", "p/r", push=True).scopes == ("repository:p/r:pull,push",)
    assert Intent("h", "p/r", push=True, mount_from="q/s").scopes == (
        "repository:p/r:pull,push",
        "repository:q/s:pull",
    )
    assert Intent("h").scopes == ()


def test_names_of_intents() -> None:
    assert Intent("h", "p/r", what="v1").name == "h/p/r:v1"
    assert Intent("h", "p/r", what="sha256:ab").name == "h/p/r@sha256:ab"
    assert Intent("h").name == "h"
