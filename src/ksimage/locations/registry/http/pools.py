"""Pools of connections that Ctrl-C cuts, so that threads which wait for one end at once.

The thread that Ctrl-C reaches needs none of this. The others get a KeyboardInterrupt of their own,
which nobody takes for a fault of the registry.
"""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from urllib.parse import urlsplit
from weakref import WeakSet

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from ksimage.locations.registry.http.proxies import without_login
from ksimage.threads import on_interrupt

_lock = threading.Lock()
_open: WeakSet[socket.socket] = WeakSet()
_interrupted = threading.Event()


def interruption() -> threading.Event:
    """Is set by the next Ctrl-C, for good; whoever begins after that gets another."""
    with _lock:
        return _interrupted


def _cut() -> None:
    global _interrupted
    with _lock:
        event, _interrupted = _interrupted, threading.Event()
        sockets = list(_open)
    event.set()
    for found in sockets:
        with suppress(OSError):
            # not SSLSocket's own, which first forgets that there is encryption
            socket.socket.shutdown(found, socket.SHUT_RDWR)


on_interrupt(_cut)


def _remember(found: socket.socket | None) -> None:
    if found is not None:
        with _lock:
            _open.add(found)


class _Plain(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _remember(self.sock)


class _Tls(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _remember(self.sock)


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Tls


def pool_manager(proxy: str | None, context: ssl.SSLContext) -> urllib3.PoolManager:
    """Pools for one server, straight or through a proxy's URL."""
    manager: urllib3.PoolManager
    if proxy is None:
        manager = urllib3.PoolManager(num_pools=2, maxsize=8, ssl_context=context)
    else:
        login = urlsplit(proxy)
        headers = None
        if login.username is not None:
            pair = f"{login.username}:{login.password or ''}"
            headers = urllib3.make_headers(proxy_basic_auth=pair)
        manager = urllib3.ProxyManager(
            without_login(proxy), num_pools=2, maxsize=8, ssl_context=context, proxy_headers=headers
        )
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
    return manager
