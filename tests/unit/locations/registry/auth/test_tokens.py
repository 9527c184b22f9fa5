"""Authorization headers: which are sent, to whom, and how often a token is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

import pytest

from ksimage.errors import InsecureLogin, LoginFailed, LoginRequired, TokenServiceRefused
from ksimage.locations.registry.auth.challenge import parse_challenges
from ksimage.locations.registry.auth.credentials import Credentials
from ksimage.locations.registry.auth.tokens import Authenticator
from ksimage.locations.registry.http.wire import Answer

LOGIN = Credentials("a file", "user", "s3cret")
PULL = ("repository:p/r:pull",)
PUSH = ("repository:p/r:pull,push",)
BEARER = 'Bearer realm="{realm}",service="reg"'
REALM = "https://auth.lan/token"


class Service:
    """A token service, and a registry's ``/v2/``, without a network."""

    def __init__(self, login: Credentials | None = None, base: str = "https://reg.lan") -> None:
        self.now = 1000.0
        self.paused = 0.0
        self.asked: list[tuple[str, str, Mapping[str, str], bytes | None]] = []
        self.status = 200
        self.greeting = Answer(200, {}, b"")
        self.auth = Authenticator(
            "reg.lan", lambda: base, lambda _: login, self.fetch, lambda: self.now, self.pause
        )

    def pause(self, seconds: float) -> None:
        self.paused += seconds

    def fetch(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        if url == "/v2/":
            return self.greeting
        self.asked.append((method, url, headers, body))
        token = {"token": f"t{len(self.asked)}", "expires_in": 300}
        return Answer(self.status, {}, json.dumps(token).encode(), url)

    def challenge(self, text: str, used: str | None = None) -> bool:
        return self.auth.challenged(parse_challenges([text]), "p/r", PULL, used)

    def bearer(self, realm: str = REALM) -> None:
        assert self.challenge(BEARER.format(realm=realm))


def test_nothing_is_sent_before_the_registry_asks() -> None:
    assert Service(LOGIN).auth.header("p/r", PULL) is None


def test_basic_where_it_is_asked_for_and_there_is_a_login() -> None:
    service = Service(LOGIN)
    assert service.challenge('Basic realm="x"')
    assert service.auth.header("p/r", PULL) == LOGIN.basic
    assert not Service(None).challenge('Basic realm="x"')


def test_a_token_for_exactly_these_rights_and_kept() -> None:
    service = Service(LOGIN)
    service.bearer()
    assert service.auth.header("p/r", PULL) == "Bearer t1"
    assert service.auth.header("p/r", PULL) == "Bearer t1"
    method, url, headers, body = service.asked[0]
    assert (method, body, headers["Authorization"]) == ("GET", None, LOGIN.basic)
    assert parse_qs(urlsplit(url).query) == {"service": ["reg"], "scope": list(PULL)}
    assert service.auth.header("p/r", PUSH) == "Bearer t2"
    service.now += 291  # of 300, less the ten by which it is renewed early
    assert service.auth.header("p/r", PULL) == "Bearer t3"


def test_a_token_that_is_refused_is_replaced_once() -> None:
    service = Service(LOGIN)
    service.bearer()
    used = service.auth.header("p/r", PULL)
    assert service.challenge(BEARER.format(realm=REALM), used)
    newer = service.auth.header("p/r", PULL)
    assert newer != used
    # another thread that still used the old one takes what is there
    assert service.challenge(BEARER.format(realm=REALM), used)
    assert service.auth.header("p/r", PULL) == newer


def test_an_identity_token_goes_in_a_body() -> None:
    service = Service(Credentials("a file", identity_token="refresh"))
    service.bearer()
    service.auth.header("p/r", PULL)
    method, url, headers, body = service.asked[0]
    assert (method, url) == ("POST", REALM) and "Authorization" not in headers
    assert parse_qs((body or b"").decode())["refresh_token"] == ["refresh"]


@pytest.mark.parametrize(
    ("base", "realm", "good"),
    [
        ("https://reg.lan", "http://reg.lan/token", False),
        ("http://reg.lan", "http://auth.lan/token", False),
        ("http://reg.lan:5000", "http://reg.lan/token", True),
        ("http://127.0.0.1:5000", "http://localhost:6000/token", True),
        ("https://reg.lan", "https://elsewhere.lan/token", True),
    ],
)
def test_where_a_login_may_go(base: str, realm: str, good: bool) -> None:
    service = Service(LOGIN, base)
    service.bearer(realm)
    if good:
        assert service.auth.header("p/r", PULL) == "Bearer t1"
        return
    with pytest.raises(InsecureLogin) as raised:
        service.auth.header("p/r", PULL)
    assert service.asked == []
    assert service.auth.fall_back(raised.value, "p/r")  # Basic to the registry itself
    assert service.auth.header("p/r", PULL) == LOGIN.basic


@pytest.mark.parametrize(
    ("login", "status", "error"),
    [
        (None, 401, LoginRequired),
        (LOGIN, 401, LoginFailed),
        (LOGIN, 404, TokenServiceRefused),
        (None, 500, TokenServiceRefused),
    ],
)
def test_a_service_that_refuses(
    login: Credentials | None, status: int, error: type[Exception]
) -> None:
    service = Service(login)
    service.status = status
    service.bearer()
    with pytest.raises(error) as raised:
        service.auth.header("p/r", PULL)
    assert "s3cret" not in str(raised.value)


def test_a_wrong_password_is_found_out_once_and_harbors_lock_waited_for() -> None:
    service = Service(LOGIN)
    service.greeting = Answer(401, {"WWW-Authenticate": 'Basic realm="harbor"'}, b"")
    for _ in (1, 2):
        with pytest.raises(LoginFailed):
            service.auth.greet("p/r")
    assert service.paused == 1.6
    Service(None).auth.greet("p/r")  # nobody to be greeted
