"""Which server a registry name means, and how it may be spoken to."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from ksimage.errors import BadReference
from ksimage.images.reference import DEFAULT_REGISTRY

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
