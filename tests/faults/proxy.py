"""A proxy in front of a real registry that does harm to chosen requests.

It forwards everything as it is, Host header included, so that the registry's absolute Locations
lead through it again. A :class:`Fault` names the requests, how often, and the harm.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

from tests.faults.scripted import reset

Harm = Literal[
    "status",  # answer `status` in the registry's place, before the request's body is read
    "reset-request",  # forward `after` bytes of the request's body, then reset both sides
    "reset-answer",  # forward the request, `after` bytes of the answer, then reset
    "truncate",  # forward `after` bytes of the answer's body, then close
    "corrupt",  # change the byte at `after` of the answer's body
    "lose-answer",  # forward the whole request, then reset the client: it took effect
    "slow",  # pause for `delay` seconds after each 64 KiB
]

_HOP = {"connection", "keep-alive", "transfer-encoding"}
_STEP = 64 << 10


@dataclass
class Fault:
    """Harm to requests whose method and path match; ``skip`` of them pass unharmed first."""

    harm: Harm
    method: str
    path: str = ".*"
    times: int = 1
    skip: int = 0
    after: int = 0
    status: int = 503
    delay: float = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    def strikes(self, method: str, path: str) -> bool:
        if not self.times or method != self.method or not re.search(self.path, path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class FaultProxy:
    """Listens on a loopback port, forwards to ``127.0.0.1:port``.

    ``on_request`` is called with method and path before anything is forwarded. With a
    ``certificate`` for localhost (and its key) both sides speak TLS.
    """

    def __init__(self, port: int, certificate: tuple[Path, Path] | None = None) -> None:
        self.faults: list[Fault] = []
        self.seen: list[tuple[str, str, int]] = []
        self.on_request: Callable[[str, str], None] = lambda *_: None
        self._port = port
        self._lock = threading.Lock()
        self._tls = certificate is not None
        self._server = _Server(("127.0.0.1", 0), self._handler())
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def address(self) -> str:
        return f"{'localhost' if self._tls else '127.0.0.1'}:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def check(self) -> None:
        """Every fault has struck."""
        left = [fault for fault in self.faults if fault.times]
        assert not left, f"never struck: {left}"

    def _upstream(self) -> http.client.HTTPConnection:
        if not self._tls:
            return http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        context = ssl._create_unverified_context()
        return http.client.HTTPSConnection("127.0.0.1", self._port, timeout=20, context=context)

    def _fault(self, method: str, path: str) -> Fault | None:
        with self._lock:
            return next((f for f in self.faults if f.strikes(method, path)), None)

    def _handler(proxy) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20

            def handle(self) -> None:
                if not proxy._tls and self.connection.recv(1, socket.MSG_PEEK) == b"\x16":
                    return  # no TLS here
                super().handle()

            def _do(self) -> None:
                proxy.on_request(self.command, self.path)
                fault = proxy._fault(self.command, self.path)
                harm = fault.harm if fault else ""
                if fault and harm == "status":
                    self._refuse(fault)
                    return
                upstream = proxy._upstream()
                try:
                    self._forward(upstream, fault)
                finally:
                    upstream.close()

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _do  # noqa: N815

            def _forward(self, upstream: http.client.HTTPConnection, fault: Fault | None) -> None:
                harm = fault.harm if fault else ""
                after = fault.after if fault else 0
                upstream.putrequest(
                    self.command, self.path, skip_host=True, skip_accept_encoding=True
                )
                for name, value in self.headers.items():
                    if name.lower() not in _HOP:
                        upstream.putheader(name, value)
                upstream.endheaders()
                left = int(self.headers.get("Content-Length") or 0)
                if harm == "reset-request":
                    upstream.send(self.rfile.read(min(left, after)))
                    # the registry must have it before it sees the end
                    time.sleep(0.1)
                    if upstream.sock:
                        upstream.sock.close()
                    self._reset()
                    return
                while left:
                    data = self.rfile.read(min(left, _STEP))
                    upstream.send(data)
                    left -= len(data)
                answer = upstream.getresponse()
                proxy.seen.append((self.command, self.path, answer.status))
                if harm == "lose-answer":
                    answer.read()
                    self._reset()
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    if name.lower() not in _HOP:
                        self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self._body(answer, fault)

            def _body(self, answer: http.client.HTTPResponse, fault: Fault | None) -> None:
                harm = fault.harm if fault else ""
                after = fault.after if fault else 0
                done = 0
                while data := answer.read(_STEP):
                    if harm in ("reset-answer", "truncate") and done + len(data) > after:
                        self.wfile.write(data[: after - done])
                        self.wfile.flush()
                        time.sleep(0.05)
                        if harm == "reset-answer":
                            self._reset()
                        self.close_connection = True
                        return
                    if harm == "corrupt" and done <= after < done + len(data):
                        changed = bytearray(data)
                        changed[after - done] ^= 0xFF
                        data = bytes(changed)
                    self.wfile.write(data)
                    done += len(data)
                    if harm == "slow" and fault:
                        time.sleep(fault.delay)

            def _refuse(self, fault: Fault) -> None:
                proxy.seen.append((self.command, self.path, fault.status))
                body = b'{"errors":[{"code":"UNAVAILABLE","message":"by the fault proxy"}]}'
                self.send_response(fault.status)
                for name, value in fault.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                if self.headers.get("Content-Length"):
                    self.close_connection = True

            def _reset(self) -> None:
                reset(self.connection)
                self.close_connection = True

            def log_message(self, *arguments: object) -> None:
                pass

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Connections that break are what this is for."""
