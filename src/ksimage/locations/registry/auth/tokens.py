"""Authorization headers: Basic, and Bearer tokens of the registry's token service.

Nothing is asked beforehand: the first request goes without a login, and its 401 says what is
wanted (one ``GET /v2/`` saved). A token is asked for with exactly the rights that the request
needs, never for those that the challenge suggests, and is kept per set of rights.

A login goes to the registry itself and to the token service that the registry names, over HTTPS;
over HTTP only where the registry itself is spoken to over HTTP and the service is the same machine.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode, urlsplit

from ksimage.errors import (
    InsecureLogin,
    KsimageError,
    LoginFailed,
    LoginRequired,
    PasswordNeeded,
    RegistryError,
    RightMissing,
    TokenServiceRefused,
    TokenServiceUnusable,
    UnusableAnswer,
)
from ksimage.locations.registry.answers import Intent, refusal
from ksimage.locations.registry.auth.challenge import Challenge, Token, parse_challenges, read_token
from ksimage.locations.registry.http.hosts import is_loopback, origin
from ksimage.locations.registry.http.wire import Answer

if TYPE_CHECKING:
    from ksimage.locations.registry.auth.credentials import Credentials

HARBOR = "harbor-registry"
"""What Harbor calls its token service (``core/service/token/creator.go``)."""
HARBORS_LOCK = 1.6
"""Seconds; it refuses a user for 1.5 s after a wrong password (``core/auth/lock.go``)."""


Scopes = tuple[str, ...]
Fetch = Callable[[str, str, Mapping[str, str], bytes | None], Answer]

log = logging.getLogger(__name__)


class _Service(NamedTuple):
    realm: str
    service: str


class Authenticator:
    """Authorization for one registry. Thread-safe; waiting threads share one token request.

    Args:
        host: the registry's name, for messages.
        base: the registry's URL in use, once it is known.
        credentials: finds the login for a repository.
        fetch: sends a request (method, url, headers, body) without any authorization of its own.
        clock: monotonic seconds.
        pause: sleeps so many seconds.

    Attributes:
        instead: what is wrong with the token service, where Basic was tried instead.
    """

    def __init__(
        self,
        host: str,
        base: Callable[[], str],
        credentials: Callable[[str], Credentials | None],
        fetch: Fetch,
        clock: Callable[[], float],
        pause: Callable[[float], None],
    ) -> None:
        self._host = host
        self._base = base
        self._find = credentials
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.RLock()
        self._found: dict[str, Credentials | None] = {}
        self._pause = pause
        self._mode: str | _Service | None = None
        self.instead: KsimageError | None = None
        self._greeted: dict[str, LoginFailed | None] = {}
        self._tokens: dict[tuple[str, Scopes], Token] = {}

    def credentials(self, repository: str) -> Credentials | None:
        """The login in force for a repository, looked up once."""
        with self._lock:
            if repository not in self._found:
                self._found[repository] = self._find(repository)
            return self._found[repository]

    def sends(self, login: Credentials) -> bool:
        """Whether this login is of a kind that the registry takes."""
        if login.basic or login.registry_token:
            return True
        return bool(login.identity_token) and isinstance(self._mode, _Service)

    def greet(self, repository: str, *, asked: bool = True) -> None:
        """Find out whether the registry takes the login, once and before it is used.

        Harbor's token service answers a wrong password with an anonymous token, and its public
        projects are read without any: only ``GET /v2/`` with Basic tells. Other registries
        challenge with Bearer here whatever the password, but their token services refuse it.

        Args:
            asked: the registry has asked for a login already; if not, this may be needless.

        Raises:
            LoginFailed: after the time for which Harbor then refuses the right password as well.
        """
        with self._lock:
            login = self.credentials(repository)
            if login is None or login.basic is None or (not asked and self._mode is not None):
                return
            if login.basic not in self._greeted:
                answer = self._fetch("GET", "/v2/", {"Authorization": login.basic}, None)
                fault = None
                if answer.status == 401 and not _offers_bearer(answer):
                    fault = LoginFailed(self._host, login.username, login.origin)
                    if "harbor" in (answer.headers.get("WWW-Authenticate") or ""):
                        self._pause(HARBORS_LOCK)
                self._greeted[login.basic] = fault
            found = self._greeted[login.basic]
            if found is not None:
                raise found

    def header(self, repository: str, scopes: Scopes) -> str | None:
        """The Authorization header for a request, as far as the registry's wishes are known.

        Raises:
            AuthError, RegistryError, ConfigError.
        """
        with self._lock:
            if self._mode is None:
                return None
            login = self.credentials(repository)
            if login is not None and login.registry_token:
                return f"Bearer {login.registry_token}"
            if self._mode == "basic":
                return login.basic if login else None
            return f"Bearer {self._token(login, repository, scopes)}"

    def challenged(
        self, challenges: Sequence[Challenge], repository: str, scopes: Scopes, used: str | None
    ) -> bool:
        """Take in a 401. True when the request should be sent again with a new :meth:`header`."""
        with self._lock:
            login = self.credentials(repository)
            if used is None:
                return self._choose(challenges, login)
            if used.startswith("Bearer ") and not (login and login.registry_token):
                if isinstance(self._mode, _Service) and self._forget(used):
                    return True
                # another thread has a newer token already
                return self.header(repository, scopes) != used
            return False

    def _choose(self, challenges: Sequence[Challenge], login: Credentials | None) -> bool:
        for challenge in challenges:
            if challenge.scheme == "bearer" and challenge.parameters.get("realm"):
                realm, service = challenge.parameters["realm"], challenge.parameters.get("service")
                self._mode = _Service(realm, service or "")
                return True
        if login is None or (login.basic is None and not login.registry_token):
            return False
        if not challenges or any(challenge.scheme == "basic" for challenge in challenges):
            self._mode = "basic"
            return True
        return False

    def _forget(self, header: str) -> bool:
        value = header.removeprefix("Bearer ")
        stale = [key for key, token in self._tokens.items() if token.value == value]
        for key in stale:
            del self._tokens[key]
        return bool(stale)

    def _token(self, login: Credentials | None, repository: str, scopes: Scopes) -> str:
        who = (login.username or "token") if login else ""
        now = self._clock()
        for (owner, rights), token in self._tokens.items():
            if owner == who and set(rights) >= set(scopes) and token.good_until > now:
                return token.value
        token = self._ask(login, repository, scopes)
        self._tokens[(who, scopes)] = token
        return token.value

    def _ask(self, login: Credentials | None, repository: str, scopes: Scopes) -> Token:
        assert isinstance(self._mode, _Service)
        realm, service = self._mode.realm, self._mode.service
        self._check_realm(realm)
        if service == HARBOR:
            self.greet(repository)
        fields = [("service", service)] if service else []
        started = self._clock()
        if login is not None and login.identity_token:
            fields += [
                ("grant_type", "refresh_token"),
                ("client_id", "ksimage"),
                ("refresh_token", login.identity_token),
                ("scope", " ".join(scopes)),
            ]
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = self._to_service("POST", realm, headers, urlencode(fields).encode())
        else:
            fields += [("scope", scope) for scope in scopes]
            joint = "&" if urlsplit(realm).query else "?"
            url = f"{realm}{joint}{urlencode(fields)}" if fields else realm
            basic = login.basic if login else None
            answer = self._to_service("GET", url, {"Authorization": basic} if basic else {}, None)
        if answer.status != 200:
            raise self._refused(answer, login, Intent(self._host, repository, _push(scopes)))
        return read_token(answer, started)

    def _to_service(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        try:
            return self._fetch(method, url, headers, body)
        except RegistryError as error:
            raise TokenServiceUnusable(self._host, urlsplit(url).netloc, error) from error

    def _refused(self, answer: Answer, login: Credentials | None, intent: Intent) -> KsimageError:
        words = refusal(answer).words
        if answer.status in (401, 403) and login is None:
            return LoginRequired(self._host, intent.name, intent.action, words)
        if login is not None and answer.status in (400, 401, 403) and not self.sends(login):
            return PasswordNeeded(self._host, login.origin, token=False)
        # RFC 6749 says 400 for a refresh token that is no longer good
        if login is not None and answer.status in (400, 401):
            return LoginFailed(self._host, login.username, login.origin)
        if login is not None and answer.status == 403:
            return RightMissing(self._host, intent.name, intent.action, login.username, words)
        service = urlsplit(answer.url).netloc
        return TokenServiceRefused(self._host, service, answer.status, words)

    def _check_realm(self, realm: str) -> None:
        base = self._base()
        try:
            scheme, service_host, _ = origin(realm)
        except ValueError as error:
            raise UnusableAnswer(self._host, "a request", f"its realm is {error}") from error
        if scheme == "https":
            return
        base_scheme, base_host, _ = origin(base)
        both_here = is_loopback(service_host) and is_loopback(base_host)
        if base_scheme != "http" or not (service_host == base_host or both_here):
            where = f"{scheme}://{urlsplit(realm).netloc}"
            raise InsecureLogin(self._host, where, "that is not encrypted")

    def fall_back(self, fault: KsimageError, repository: str) -> bool:
        """True when Basic may do in place of a token service that cannot be used.

        Harbor names its service by the host name of its own configuration, which is not always
        the one in use (an address, a forwarded port, http behind a proxy that ends TLS), and takes
        Basic for everything as well.
        """
        with self._lock:
            login = self.credentials(repository)
            if not isinstance(self._mode, _Service) or login is None or login.basic is None:
                return False
            if not isinstance(fault, InsecureLogin | RegistryError):
                return False
            log.info("%s: %s; trying Basic at the registry itself", self._host, fault.message)
            self._mode = "basic"
            self.instead = fault
            return True


def _offers_bearer(answer: Answer) -> bool:
    headers = answer.headers.get("WWW-Authenticate")
    return any(c.scheme == "bearer" for c in parse_challenges([headers] if headers else []))


def _push(scopes: Scopes) -> bool:
    return any(scope.endswith("push") for scope in scopes)
