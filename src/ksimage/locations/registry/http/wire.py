"""HTTP to one registry: the server itself, and where it redirects to. Knows nothing of logins."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ksimage.errors import NotTls, RedirectRefused
from ksimage.locations.registry.http.connection import Connections, NoTls
from ksimage.locations.registry.http.hosts import host_of, origin, resolve, shown
from ksimage.locations.registry.http.retry import Attempts, Transient

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

    from ksimage.locations.options import RegistryOptions

MAX_ERROR = 64 << 10  # bytes of an error body that are looked at
MAX_REDIRECTS = 5

Stream = Callable[[], Iterable[bytes]]


@dataclass(frozen=True)
class Answer:
    """A whole answer; ``body`` is bounded by whoever read it, and complete unless ``cut``."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = ""
    cut: bool = False

    @property
    def media_type(self) -> str:
        """Content-Type without parameters, lower case; "" when missing."""
        return (self.headers.get("Content-Type") or "").partition(";")[0].strip().lower()


class Wire:
    """The way to one registry. Thread-safe."""

    def __init__(self, registry: str, options: RegistryOptions) -> None:
        self.host = host_of(registry, insecure=options.insecure)
        self.options = options
        self._scheme = "https"
        self._connections = Connections(self.host, options)

    @property
    def base(self) -> str:
        """``https://host[:port]``, or http where the server turned out to speak nothing else."""
        return f"{self._scheme}://{self.host.address}"

    def attempts(self, action: str) -> Attempts:
        """A fresh count of attempts at ``action``, which messages will name."""
        return Attempts(self.options.retry, self.host.name, action, self.pause)

    def pause(self, seconds: float) -> None:
        """Sleep. Raises KeyboardInterrupt at Ctrl-C, in whatever thread."""
        (self.options.retry.sleep or self._connections.pause)(seconds)

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C has ended its connections: it is of no use any more."""
        return self._connections.interrupted

    def close(self) -> None:
        """Close idle connections; the wire stays usable."""
        self._connections.close()

    def follow(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        login: str | None,
        body: bytes | Stream | None,
    ) -> tuple[BaseHTTPResponse, str]:
        """Send, and follow redirects; the last answer, and the URL that gave it.

        Args:
            login: an Authorization header, for the server itself and nobody else.
            body: streamed when it is callable.
        """
        for _ in range(MAX_REDIRECTS + 1):
            own = self.is_own(url)
            sent = {**headers, "Authorization": login} if login and own else headers
            response = self.send(method, url, sent, body)
            target = response.headers.get("Location")
            if (
                response.status not in (301, 302, 303, 307, 308)
                or method not in ("GET", "HEAD")
                or not target
            ):
                return response, url
            self.finish(response)
            url = resolve(target, self._absolute(url), self.host.name)
        raise RedirectRefused(self.host.name, shown(url), f"after {MAX_REDIRECTS} other redirects")

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | Stream | None
    ) -> BaseHTTPResponse:
        """Send one request; the answer's head. ``url`` may be a path. Raises Transient."""
        absolute = self._absolute(url)
        try:
            return self._connections.send(
                method, absolute, headers, body() if callable(body) else body
            )
        except NoTls:
            if not self.host.may_be_plain or not self.is_own(url):
                raise NotTls(urlsplit(absolute).netloc) from None
            self._scheme = "http"
            plain = "http" + absolute.removeprefix("https")
            return self._connections.send(
                method, plain, headers, body() if callable(body) else body
            )

    def read(self, response: BaseHTTPResponse, limit: int) -> Answer:
        """Read a body of at most ``limit`` bytes. Raises Transient."""
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

    def chunks(self, response: BaseHTTPResponse) -> Iterator[bytes]:
        """The body of a response as it arrives. Raises Transient when it is cut short."""
        return self._connections.chunks(response)

    def finish(self, response: BaseHTTPResponse, *, patient: bool = True) -> None:
        """Keep the connection when the body's end is near, else close it."""
        rest = response.length_remaining
        if rest is not None and rest <= (MAX_ERROR if patient else 0):
            with contextlib.suppress(Transient):
                for _ in self.chunks(response):
                    pass
            response.release_conn()
        else:
            response.close()

    def is_own(self, url: str) -> bool:
        """Whether a URL leads to the server itself."""
        return url.startswith("/") or origin(url) == origin(self.base)

    def _absolute(self, url: str) -> str:
        return self.base + url if url.startswith("/") else url
