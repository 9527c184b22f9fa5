"""Where a Location header leads, and whether this client goes there."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from ksimage.errors import RedirectRefused
from ksimage.locations.registry.http.hosts import origin
from ksimage.text import printable

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
