"""Requests to a registry, with everything that HTTP needs around them.

Authorization, redirects, retries, bounds: the layers above see answers and errors in words.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from urllib3.response import BaseHTTPResponse

from ksimage.errors import (
    KsimageError,
    LoginFailed,
    LoginRequired,
    NotTls,
    PasswordNeeded,
    RedirectRefused,
    RightMissing,
    UnusableAnswer,
)
from ksimage.locations.registry.api.answers import (
    MAX_ERROR,
    PROJECT_MISSING,
    Answer,
    Intent,
    explain,
    refusal,
)
from ksimage.locations.registry.auth.challenge import parse_challenges
from ksimage.locations.registry.auth.credentials import find_credentials
from ksimage.locations.registry.auth.tokens import Authenticator
from ksimage.locations.registry.http.connection import Connections, NoTls, Stats
from ksimage.locations.registry.http.hosts import RegistryOptions, host_of, origin
from ksimage.locations.registry.http.redirects import resolve, shown
from ksimage.locations.registry.http.retry import Attempts, Transient, retry_after

MAX_JSON = 1 << 20
MAX_REDIRECTS = 5

_PASSING = frozenset({408, 429, 500, 502, 503, 504})

Stream = Callable[[], Iterable[bytes]]


class Transport:
    """One registry, spoken to as one user. Thread-safe."""

    def __init__(self, registry: str, options: RegistryOptions) -> None:
        self.host = host_of(registry, insecure=options.insecure)
        self.options = options
        self.stats = Stats()
        self._scheme = "https"
        self._connections = Connections(self.host, options, self.stats)
        self.auth = Authenticator(
            self.host.name,
            lambda: self.base,
            lambda repository: find_credentials(self.host.name, repository, options),
            self.call,
            options.retry.clock,
        )

    @property
    def base(self) -> str:
        """``https://host[:port]``, or http where the server turned out to speak nothing else."""
        return f"{self._scheme}://{self.host.address}"

    def attempts(self, action: str) -> Attempts:
        """A fresh count of attempts at ``action``, which messages will name."""
        return Attempts(self.options.retry, self.host.name, action, self._connections.pause)

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C has ended its connections: it is of no use any more."""
        return self._connections.interrupted

    def close(self) -> None:
        """Close idle connections; the transport stays usable."""
        self._connections.close()

    def request(
        self,
        method: str,
        url: str,
        intent: Intent,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        accept: Collection[int] = (200,),
        limit: int = MAX_JSON,
    ) -> Answer:
        """Send a request that may be repeated, and read its whole answer.

        Args:
            url: a path of the registry, or an absolute URL that it gave.
            accept: the statuses that are no error.
            limit: bytes of the answer's body; a longer one is cut (``Answer.cut``).

        Raises:
            RegistryError, AuthError and, from a refusal, what :func:`answers.explain` makes of it.
        """
        attempts = self.attempts(f"{method} {shown(url)}")
        while True:
            try:
                with self.exchange(method, url, intent, headers=headers, body=body) as response:
                    if method != "HEAD" or response.status in accept:
                        return self.settle(response, intent, accept, limit)
                method = "GET"  # an answer to HEAD has no body, and so no reason
            except Transient as fault:  # noqa: PERF203
                attempts.again(fault)

    def call(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """One request beside the distribution API: to Harbor's own API, or to a token service.

        The caller brings the authorization. Every answer is returned as it is: no redirect is
        followed, and no status is an error but those that pass.

        Raises:
            RegistryError.
        """
        attempts = self.attempts(f"{method} {shown(url)}")
        while True:
            try:
                response = self._send(method, url, headers, body)
                try:
                    answer = self._read(response, MAX_JSON)
                finally:
                    self._finish(response)
                if answer.status in _PASSING:
                    wait = retry_after(answer.headers.get("Retry-After"))
                    raise Transient(f"HTTP {answer.status}", retry_after=wait)
                return answer
            except Transient as fault:  # noqa: PERF203
                attempts.again(fault)

    def settle(
        self,
        response: BaseHTTPResponse,
        intent: Intent,
        accept: Collection[int],
        limit: int = MAX_JSON,
    ) -> Answer:
        """Read a bounded body; raise unless the status is accepted."""
        good = response.status in accept
        answer = self._read(response, limit if good else MAX_ERROR)
        if good:
            return answer
        if response.status == 401:
            raise self._unauthorized(answer, intent)
        raise explain(answer, intent, self._username(intent))

    @contextmanager
    def exchange(
        self,
        method: str,
        url: str,
        intent: Intent,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | Stream | None = None,
    ) -> Iterator[BaseHTTPResponse]:
        """One attempt: authorization and redirects are dealt with, the body is left to the caller.

        A streamed body cannot be sent twice: when the login ran out meanwhile, a new one is
        fetched and the attempt ends in a Transient that costs nothing.

        Raises:
            Transient: a fault that may pass, statuses 408, 429 and 5xx included.
        """
        response = self._authorized(method, url, intent, dict(headers or {}), body)
        patient = True
        try:
            if response.status in _PASSING:
                answer = self._read(response, MAX_ERROR)
                words = refusal(answer).words
                raise Transient(
                    f"HTTP {answer.status}" + (f": {words}" if words else ""),
                    retry_after=retry_after(answer.headers.get("Retry-After")),
                )
            yield response
        except (KeyboardInterrupt, GeneratorExit):  # nobody is there to wait for the rest
            patient = False
            raise
        finally:
            self._finish(response, patient=patient)

    def chunks(self, response: BaseHTTPResponse) -> Iterator[bytes]:
        """The body of a response as it arrives. Raises Transient when it is cut short."""
        return self._connections.chunks(response)

    def _authorized(
        self,
        method: str,
        url: str,
        intent: Intent,
        headers: dict[str, str],
        body: bytes | Stream | None,
    ) -> BaseHTTPResponse:
        renewed = False
        while True:
            login = self._login(intent) if self._is_own(url) else None
            response, last = self._hops(method, url, intent, headers, login, body)
            # another host's challenge must not decide where a login goes
            if response.status != 401 or renewed or not self._is_own(last):
                return response
            challenges = parse_challenges(response.headers.getlist("WWW-Authenticate"))
            # a token that is refused for lack of rights stays so; only a stale one is renewed
            if login and any(c.parameters.get("error") == "insufficient_scope" for c in challenges):
                return response
            if not self.auth.challenged(challenges, intent.repository, intent.scopes, login):
                return response
            self._finish(response)
            renewed = login is not None
            if callable(body):
                raise Transient("the login ran out", free=True)

    def _login(self, intent: Intent) -> str | None:
        try:
            return self.auth.header(intent.repository, intent.scopes)
        except KsimageError as fault:
            if not self.auth.fall_back(fault, intent.repository):
                raise
            return self.auth.header(intent.repository, intent.scopes)

    def _hops(
        self,
        method: str,
        url: str,
        intent: Intent,
        headers: dict[str, str],
        login: str | None,
        body: bytes | Stream | None,
    ) -> tuple[BaseHTTPResponse, str]:
        """Send and follow redirects; returns the last answer and the URL that gave it."""
        for _ in range(MAX_REDIRECTS + 1):
            own = self._is_own(url)
            sent = {**headers, "Authorization": login} if login and own else headers
            response = self._send(method, url, sent, body)
            target = response.headers.get("Location")
            if (
                response.status not in (301, 302, 303, 307, 308)
                or method not in ("GET", "HEAD")
                or not target
            ):
                return response, url
            self._finish(response)
            url = resolve(target, self._absolute(url), intent.host)
        raise RedirectRefused(intent.host, shown(url), f"after {MAX_REDIRECTS} other redirects")

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | Stream | None
    ) -> BaseHTTPResponse:
        absolute = self._absolute(url)
        try:
            return self._connections.send(
                method, absolute, headers, body() if callable(body) else body
            )
        except NoTls:
            if not self.host.may_be_plain or not self._is_own(url):
                raise NotTls(urlsplit(absolute).netloc) from None
            self._scheme = "http"
            plain = "http" + absolute.removeprefix("https")
            return self._connections.send(
                method, plain, headers, body() if callable(body) else body
            )

    def _read(self, response: BaseHTTPResponse, limit: int) -> Answer:
        body = bytearray()
        deadline = self.options.retry.clock() + 2 * self.options.read_timeout
        for chunk in self.chunks(response):
            body += chunk
            if len(body) > limit:
                break
            if self.options.retry.clock() > deadline:
                raise Transient("the answer arrives too slowly")
        cut = len(body) > limit
        return Answer(
            response.status, response.headers, bytes(body[:limit]), response.url or "", cut
        )

    def _finish(self, response: BaseHTTPResponse, *, patient: bool = True) -> None:
        """Keep the connection when the body's end is near, else close it."""
        rest = response.length_remaining
        if rest is not None and rest <= (MAX_ERROR if patient else 0):
            with contextlib.suppress(Transient):
                for _ in self.chunks(response):
                    pass
            response.release_conn()
        else:
            response.close()

    def _is_own(self, url: str) -> bool:
        return url.startswith("/") or origin(url) == origin(self.base)

    def _absolute(self, url: str) -> str:
        return self.base + url if url.startswith("/") else url

    def _username(self, intent: Intent) -> str:
        login = self.auth.credentials(intent.repository)
        return login.username if login else ""

    def _unauthorized(self, answer: Answer, intent: Intent) -> KsimageError:
        """The error for a final 401: no login, a wrong one, a missing project or right."""
        said = refusal(answer)
        if PROJECT_MISSING.search(said.words):
            return explain(answer, intent)
        login = self.auth.credentials(intent.repository)
        if login is None:
            return LoginRequired(intent.host, intent.name, intent.action, said.words)
        if not self.auth.sends(login):
            return PasswordNeeded(intent.host, login.origin, token=bool(login.identity_token))
        if login.basic is None or self.login_holds(login.basic):
            return RightMissing(intent.host, intent.name, intent.action, login.username, said.words)
        return LoginFailed(intent.host, login.username, login.origin)

    def login_holds(self, basic: str) -> bool:
        """Ask the registry itself about a login.

        Harbor's token service answers a wrong password with an anonymous token; only ``GET /v2/``
        with Basic tells. Other registries challenge with Bearer here whatever the password, but
        their token services would have refused it before.
        """
        try:
            response = self._send("GET", "/v2/", {"Authorization": basic}, None)
        except Transient:
            return True
        try:
            self._read(response, MAX_ERROR)
        except Transient:
            return True
        finally:
            self._finish(response)
        if response.status != 401:
            return True
        challenges = parse_challenges(response.headers.getlist("WWW-Authenticate"))
        return any(challenge.scheme == "bearer" for challenge in challenges)

    def unusable(self, action: str, reason: str) -> UnusableAnswer:
        """The error for an answer that breaks the protocol."""
        return UnusableAnswer(self.host.name, action, reason)
