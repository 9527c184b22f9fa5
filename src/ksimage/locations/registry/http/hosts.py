"""Which server a registry name means, how to speak to it, and where a Location header leads."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from ksimage.errors import BadReference, RedirectRefused
from ksimage.images.reference import DEFAULT_REGISTRY
from ksimage.text import printable

DOCKER_HUB = "registry-1.docker.io"  # where docker.io's API really is


class Host(NamedTuple):
    """A registry: its name in references, and the server behind it.

    Attributes:
        name: as references and credentials files call it: ``docker.io``, ``harbor.lan:8443``.
        address: ``host[:port]`` to connect to.
        may_be_plain: plain HTTP is allowed when the server does not speak TLS.
        verified: TLS certificates are verified.
    """

    name: str
    address: str
    may_be_plain: bool = False
    verified: bool = True


def host_of(registry: str, *, insecure: bool = False) -> Host:
    """The server of a registry name.

    Like docker, this machine's own addresses may be plain HTTP; unlike docker, a certificate found
    there is still verified.

    Raises:
        BadReference: the port is none.
    """
    name = registry.lower()
    address = DOCKER_HUB if name == DEFAULT_REGISTRY else name
    _, port = split_port(address)
    if port is not None and not 0 < port < 65536:
        raise BadReference(registry, f"{port} is no port")
    return Host(
        name,
        address,
        may_be_plain=insecure or is_loopback(address),
        verified=not insecure,
    )


def split_port(address: str) -> tuple[str, int | None]:
    """``host[:port]`` into its parts; an IPv6 address loses its brackets."""
    match = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\](?::([0-9]+))?|([^:]*)(?::([0-9]+))?", address)
    if match is None:
        return address, None
    port = match[2] or match[4]
    return match[1] or match[3] or "", int(port) if port else None


def is_loopback(address: str) -> bool:
    """True for ``localhost``, 127.0.0.0/8 and ::1, with or without a port."""
    host, _ = split_port(address)
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an absolute URL: what must be equal for credentials to go along.

    Raises:
        ValueError: no HTTP URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        message = "no http or https URL"
        raise ValueError(message)
    if parts.username is not None or parts.password is not None:
        message = "a URL with a login in it"
        raise ValueError(message)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


MAX_URL = 16 << 10


def resolve(location: str, base: str, registry: str) -> str:
    """The absolute URL of a Location header, relative to ``base``, the URL that answered.

    The host that answered over HTTPS stays on HTTPS: behind a proxy that ends TLS, registries call
    themselves http.

    Args:
        registry: its name, for messages.

    Raises:
        RedirectRefused: it leads from HTTPS to HTTP, or nowhere.
    """
    try:
        url = urljoin(base, location)
        scheme, host, port = origin(url)
    except ValueError as error:
        raise RedirectRefused(registry, shown(location), str(error)) from error
    if len(url) > MAX_URL:
        raise RedirectRefused(registry, shown(location), "an absurdly long URL")
    base_scheme, base_host, base_port = origin(base)
    if base_scheme == "https" and scheme == "http":
        if host == base_host and urlsplit(url).port in (None, 80, base_port):
            return urljoin(base, url[len(f"http://{urlsplit(url).netloc}") :])
        raise RedirectRefused(
            registry, f"http://{host}:{port}", "from an encrypted connection to an open one"
        )
    return url


def upload_place(location: str, base: str, own: str, registry: str) -> str:
    """The URL of an upload's Location.

    Behind a proxy, registries call themselves by another port or scheme of the same name: such a
    Location is taken to the registry itself, where the login may go along.

    Args:
        own: the URL where uploads to this repository begin.

    Raises:
        RedirectRefused: as :func:`resolve`.
    """
    parts, start = urlsplit(urljoin(base, location)), urlsplit(own)
    if parts.hostname == start.hostname and parts.path.startswith(start.path):
        return parts._replace(scheme=start.scheme, netloc=start.netloc).geturl()
    return resolve(location, base, registry)


def shown(url: str) -> str:
    """A URL fit for a message: no query (signed URLs are secrets), no login, bounded."""
    text = url.partition("?")[0].rpartition("@")[2]
    return printable(text)
