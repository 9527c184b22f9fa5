"""One HTTP request over kept-alive connections: pools, TLS, proxies, and faults in words."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions as faults

from ksimage.errors import CertificateRefused, RegistryUnreachable, UnusableAnswer
from ksimage.locations.protocol import CHUNK
from ksimage.locations.registry.http.pools import interruption, pool_manager
from ksimage.locations.registry.http.proxies import proxy_for, without_login
from ksimage.locations.registry.http.retry import Transient
from ksimage.locations.registry.http.silence import Silence
from ksimage.locations.registry.http.trust import add_system, find_trust, tls_context
from ksimage.text import printable

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

    from ksimage.locations.options import RegistryOptions
    from ksimage.locations.registry.http.hosts import Host

Body = bytes | Iterable[bytes] | None

FIRST_ANSWER = 30.0  # seconds for the first byte of a server that was never heard of
MAX_WARNINGS, MAX_WORDS = 10, 400
STALL_WINDOW = 60.0  # seconds in which at least STALL_BYTES must arrive
STALL_BYTES = 16 << 10

# what OpenSSL says when the other side answers a ClientHello with something that is not TLS
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL")
_CLIENT_CERTIFICATE = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "HANDSHAKE_FAILURE")

_Route: TypeAlias = "tuple[str, str | None]"  # host[:port], and the proxy to it

log = logging.getLogger(__name__)


class NoTls(Exception):
    """The server does not speak TLS; the caller decides whether plain HTTP will do."""


class Connections:
    """Connection pools to a registry and the places that it refers to. Thread-safe."""

    def __init__(self, host: Host, options: RegistryOptions) -> None:
        self.host = host
        self._options = options
        self._managers: dict[_Route, urllib3.PoolManager] = {}
        self._lean: dict[_Route, ssl.SSLContext] = {}  # without the system's CAs
        self._skipped: dict[str, tuple[str, ...]] = {}
        self._lock = threading.Lock()
        self._reached: set[str] = set()
        self._warned: set[str] = set()
        self._interrupted = interruption()
        self._silence = Silence()

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: Body = None
    ) -> BaseHTTPResponse:
        """Send one request and return the answer's head; its body is not read yet.

        Raises:
            NoTls: HTTPS was spoken to something else.
            Transient: a fault that may pass.
            RegistryUnreachable, CertificateRefused, UnusableAnswer, ConfigError.
            KeyboardInterrupt: there was a Ctrl-C since these connections began.
        """
        self._go_on()
        netloc = urlsplit(url).netloc
        proxy = proxy_for(url)
        via = f" through the proxy {without_login(proxy)}" if proxy else ""
        manager = self._manager((netloc, proxy))
        lean = self._lean.get((netloc, proxy))
        patience = self._options.read_timeout
        if netloc not in self._reached:
            patience = min(patience, FIRST_ANSWER)
        wait = self._silence.begin(netloc, patience)
        try:
            response = manager.urlopen(
                method,
                url,
                body=body,
                headers={"User-Agent": "ksimage", "Accept-Encoding": "identity", **headers},
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(connect=self._options.connect_timeout, read=patience),
            )
        except (faults.HTTPError, OSError, ValueError) as error:
            self._go_on()
            if lean and isinstance(_inner(error), ssl.SSLCertVerificationError):
                # it does speak TLS, and its certificate may be vouched for by the system's CAs
                with self._lock:
                    if self._lean.pop((netloc, proxy), None):
                        add_system(lean)
                return self.send(method, url, headers, body)
            raise self._fault(error, url, via, patience) from error
        finally:
            self._silence.end(wait)
        self._reached.add(netloc)
        response.url = url  # urllib3 keeps the path alone
        for words in response.headers.getlist("Warning"):
            self._pass_on(netloc, words)
        # queries are left out: they may be signed
        log.debug("%s %s%s: %d", method, netloc, urlsplit(url).path, response.status)
        return response

    def chunks(self, response: BaseHTTPResponse) -> Iterator[bytes]:
        """The body as it arrives, at most CHUNK bytes at once.

        Raises:
            Transient: the body is cut short, or hardly moves.
        """
        clock = self._options.retry.clock
        since, count = clock(), 0
        while True:
            try:
                chunk = response.read1(CHUNK)
            except (faults.HTTPError, OSError) as error:
                self._go_on()
                raise Transient(_cut(error)) from error
            self._go_on()
            if not chunk:
                return
            count += len(chunk)
            now = clock()
            if now - since > STALL_WINDOW:
                if count < STALL_BYTES:
                    raise Transient(f"only {count} bytes in {now - since:.0f} s")
                since, count = now, 0
            yield chunk

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C has ended these connections."""
        return self._interrupted.is_set()

    def pause(self, seconds: float) -> None:
        """Sleep. Raises KeyboardInterrupt at Ctrl-C, in whatever thread."""
        self._interrupted.wait(seconds)
        self._go_on()

    def _go_on(self) -> None:
        if self._interrupted.is_set():
            raise KeyboardInterrupt

    def close(self) -> None:
        """Close all idle connections."""
        with self._lock:
            for manager in self._managers.values():
                manager.clear()
            self._managers.clear()
            self._lean.clear()

    def _manager(self, route: _Route) -> urllib3.PoolManager:
        with self._lock:
            manager = self._managers.get(route)
            if manager is None:
                manager = self._managers[route] = self._new_manager(route)
            return manager

    def _new_manager(self, route: _Route) -> urllib3.PoolManager:
        netloc, proxy = route
        # client certificates belong to the registry alone; what --insecure allows holds for its
        # token service and stores as well, which are often it under another name
        own = netloc == self.host.address
        verified = self.host.verified
        trust = find_trust(self.host.name if own else netloc, self._options.ca_file)
        self._skipped[netloc] = trust.skipped
        # a server that will most likely turn out to speak plain HTTP needs no CAs to say so
        lean = verified and own and self.host.may_be_plain
        context = tls_context(trust, verified=verified, system=not lean)
        if lean:
            self._lean[route] = context
        if not verified:
            urllib3.disable_warnings(faults.InsecureRequestWarning)
        return pool_manager(proxy, context)

    def _pass_on(self, netloc: str, header: str) -> None:
        """Show a warning of the registry's (distribution-spec: ``299 - "text"``), once."""
        with self._lock:
            new = header not in self._warned and len(self._warned) < MAX_WARNINGS
            self._warned.add(header)
        if new:
            text = header.partition('"')[2].rpartition('"')[0] or header
            log.warning("%s says: %s", netloc, printable(text, MAX_WORDS))

    def _fault(self, error: Exception, url: str, via: str, patience: float) -> Exception:
        """The fault in this package's terms."""
        netloc = urlsplit(url).netloc
        # first contact, and plain HTTP is allowed: whatever went wrong, it may be for want of TLS
        undecided = (
            netloc not in self._reached
            and self.host.may_be_plain
            and url.startswith(f"https://{self.host.address}/")
        )
        if undecided and not isinstance(error, (faults.SSLError, ssl.SSLError)):
            return NoTls(netloc)
        if isinstance(error, faults.ProxyError):
            return RegistryUnreachable(
                netloc,
                f"no connection{via}: {_words(error.original_error)}",
                ["look at the environment: env | grep -i _proxy", f"export no_proxy={netloc}"],
            )
        if isinstance(error, (faults.SSLError, ssl.SSLError)):
            fault = self._tls_fault(error, netloc)
            return NoTls(netloc) if undecided and isinstance(fault, Transient) else fault
        if isinstance(error, faults.NameResolutionError):
            return RegistryUnreachable(
                netloc,
                f"its name is not known{via}",
                [f"is it spelled right?  getent hosts {urlsplit(f'//{netloc}').hostname}"],
            )
        if isinstance(error, (faults.NewConnectionError, faults.ConnectTimeoutError)):
            reason = f"no connection{via}: {_words(error)}"
            # a server that was there a moment ago may come back; one that never was, will not
            if netloc in self._reached:
                return Transient(reason)
            return RegistryUnreachable(netloc, reason)
        if isinstance(error, faults.ReadTimeoutError):
            return Transient(f"no answer in {patience:.0f} s")
        if isinstance(error, (faults.ProtocolError, OSError)):
            return Transient(_cut(error))
        return UnusableAnswer(netloc, "a request", _words(error))

    def _tls_fault(self, error: Exception, netloc: str) -> Exception:
        inner = _inner(error)
        reason = str(getattr(inner, "reason", "") or "")
        if isinstance(inner, ssl.SSLCertVerificationError):
            return CertificateRefused(
                netloc, inner.verify_message, skipped=self._skipped.get(netloc, ())
            )
        if any(name in reason for name in _NOT_TLS):
            return NoTls(netloc)
        if any(name in reason for name in _CLIENT_CERTIFICATE):
            return CertificateRefused(
                netloc,
                f"it ended the TLS handshake ({reason})",
                [
                    "it may want a client certificate: "
                    f"/etc/docker/certs.d/{netloc}/client.cert and client.key"
                ],
            )
        return Transient(f"TLS: {reason or _words(inner)}")


def _inner(error: Exception) -> Exception:
    """The fault of TLS inside of urllib3's, if that is what it is."""
    return next((a for a in error.args if isinstance(a, ssl.SSLError)), error)


def _words(error: object) -> str:
    """An exception's own words: no object reprs, no URLs with queries."""
    if isinstance(error, faults.ConnectTimeoutError) and not isinstance(
        error, faults.NewConnectionError
    ):
        return "it does not answer"
    cause = getattr(error, "__cause__", None) or getattr(error, "__context__", None)
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    text = str(error)
    return text.rpartition(": ")[2][:200] or type(error).__name__


def _cut(error: BaseException) -> str:
    if isinstance(error, faults.IncompleteRead):
        return "the answer was cut short"
    if isinstance(error, faults.ReadTimeoutError):
        return "the answer stopped arriving"
    return "the connection was cut"
