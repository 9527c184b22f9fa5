"""Proxies from the environment, as curl, docker and Go programs read it."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from ksimage.errors import ProxyUnusable
from ksimage.locations.registry.http.hosts import is_loopback, split_port


def proxy_for(url: str, environ: Mapping[str, str] | None = None) -> str | None:
    """The proxy's URL for ``url``, or None for a direct connection.

    ``http_proxy``/``https_proxy``/``all_proxy`` (lower case first) unless ``no_proxy`` names the
    host: ``*``, a name, ``.suffix``, ``host:port``, an address or a network such as
    ``10.0.0.0/8``, which Python's own reader does not know. This machine is never asked by proxy.

    Raises:
        ProxyUnusable: the variable holds no URL of an HTTP proxy.
    """
    environ = os.environ if environ is None else environ
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if is_loopback(host if ":" not in host else f"[{host}]"):
        return None
    variable, proxy = _setting(parts.scheme, environ)
    if not proxy or _excluded(host, port, environ.get("no_proxy") or environ.get("NO_PROXY") or ""):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        if urlsplit(proxy).scheme not in ("http", "https") or not urlsplit(proxy).hostname:
            raise ValueError
        if any(character.isspace() for character in proxy):
            raise ValueError
        _ = urlsplit(proxy).port
    except ValueError:
        raise ProxyUnusable(variable) from None
    return proxy


def _setting(scheme: str, environ: Mapping[str, str]) -> tuple[str, str]:
    for name in (f"{scheme}_proxy", "all_proxy"):
        for variable in (name, name.upper()):
            # a web client of a CGI program can set HTTP_PROXY, in capitals
            if variable == "HTTP_PROXY" and "REQUEST_METHOD" in environ:
                continue
            if value := environ.get(variable, "").strip():
                return variable, value
    return "", ""


def without_login(proxy: str) -> str:
    """A proxy's URL fit to be shown."""
    parts = urlsplit(proxy)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _excluded(host: str, port: int, no_proxy: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    for entry in (part.strip().lower() for part in no_proxy.split(",")):
        if not entry:
            continue
        if entry == "*":
            return True
        if address is not None and "/" in entry:
            try:
                if address in ipaddress.ip_network(entry, strict=False):
                    return True
            except ValueError:
                pass
            continue
        name, wanted = split_port(entry)
        if wanted is not None and wanted != port:
            continue
        name = name.removeprefix("*").lstrip(".")
        if name and (host == name or host.endswith(f".{name}")):
            return True
    return False
