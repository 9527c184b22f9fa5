"""Requests to a registry, with everything around them: logins, retries, bounds, errors in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ksimage.errors import (
    KsimageError,
    LoginFailed,
    LoginRequired,
    PasswordNeeded,
    RegistryError,
    RightMissing,
    UnusableAnswer,
)
from ksimage.locations.registry.answers import PROJECT_MISSING, explain, refusal
from ksimage.locations.registry.auth.challenge import parse_challenges
from ksimage.locations.registry.auth.lookup import find_credentials
from ksimage.locations.registry.auth.tokens import Authenticator
from ksimage.locations.registry.http.hosts import shown
from ksimage.locations.registry.http.retry import Transient, retry_after
from ksimage.locations.registry.http.wire import MAX_ERROR, Answer, Stream, Wire

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

    from ksimage.locations.options import RegistryOptions
    from ksimage.locations.registry.answers import Intent

MAX_JSON = 1 << 20

_PASSING = frozenset({408, 429, 500, 502, 503, 504})


class Channel:
    """One registry, spoken to as one user. Thread-safe."""

    def __init__(self, registry: str, options: RegistryOptions) -> None:
        self.wire = Wire(registry, options)
        self.whole = False  # it was seen to take no blobs in pieces
        host = self.wire.host.name
        self.auth = Authenticator(
            host,
            lambda: self.wire.base,
            lambda repository: find_credentials(host, repository, options),
            self.call,
            options.retry.clock,
            self.wire.pause,
        )

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
        attempts = self.wire.attempts(f"{method} {shown(url)}")
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
        attempts = self.wire.attempts(f"{method} {shown(url)}")
        while True:
            try:
                response = self.wire.send(method, url, headers, body)
                try:
                    answer = self.wire.read(response, MAX_JSON)
                finally:
                    self.wire.finish(response)
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
        answer = self.wire.read(response, limit if good else MAX_ERROR)
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
                answer = self.wire.read(response, MAX_ERROR)
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
            self.wire.finish(response, patient=patient)

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
            login = self._login(intent) if self.wire.is_own(url) else None
            response, last = self.wire.follow(method, url, headers, login, body)
            # another host's challenge must not decide where a login goes
            if response.status != 401 or renewed or not self.wire.is_own(last):
                return response
            challenges = parse_challenges(response.headers.getlist("WWW-Authenticate"))
            # a token that is refused for lack of rights stays so; only a stale one is renewed
            if login and any(c.parameters.get("error") == "insufficient_scope" for c in challenges):
                return response
            if not self.auth.challenged(challenges, intent.repository, intent.scopes, login):
                return response
            self.wire.finish(response)
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
        if self.auth.instead is not None:
            return self.auth.instead
        try:
            self.auth.greet(intent.repository)
        except LoginFailed as error:
            return error
        except RegistryError:  # what was answered before is worth more than a failed question
            pass
        return RightMissing(intent.host, intent.name, intent.action, login.username, said.words)

    def unusable(self, action: str, reason: str) -> UnusableAnswer:
        """The error for an answer that breaks the protocol."""
        return UnusableAnswer(self.wire.host.name, action, reason)
