"""A registry that plays a script: what is not in it fails the test.

Each :class:`Step` answers matching requests, the first that matches and is not used up. Answers may
be cut, delayed, or computed from the request.
"""

from __future__ import annotations

import os
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """A request as it came in. ``body`` is whole unless the answer came before it."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What to answer.

    Attributes:
        headers: a Content-Length is added unless one is there, or ``length`` is False.
        cut: send that many bytes of the body, then reset the connection; -1: answer nothing at all.
        early: answer before the request's body is read.
        delay: seconds between the bytes of the body.
        linger: seconds until a connection whose request was answered early is closed.
        halfway: called when half of the body has been sent.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    early: bool = False
    delay: float = 0
    linger: float = 0
    halfway: Callable[[], object] | None = None
    length: bool = True


@dataclass
class Step:
    """Answers requests whose method and path match.

    Attributes:
        path: regular expression for the whole path; without /v2/ and query.
        times: how often; None for any number, also zero.
        when: a further condition.
    """

    method: str
    path: str
    reply: Reply | Callable[[Request], Reply]
    times: int | None = 1
    when: Callable[[Request], bool] = lambda _: True

    def matches(self, request: Request) -> bool:
        return (
            self.times != 0
            and self.method == request.method
            and re.fullmatch(f"/v2/{self.path}", request.path) is not None
            and self.when(request)
        )


class ScriptedRegistry:
    """Plays steps on a loopback port, plain HTTP."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.requests: list[Request] = []
        self.unexpected: list[Request] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def on(
        self,
        method: str,
        path: str,
        reply: Reply | Callable[[Request], Reply] | int,
        body: bytes = b"",
        *,
        times: int | None = 1,
        when: Callable[[Request], bool] = lambda _: True,
        **headers: str,
    ) -> None:
        """Add a step. Header names are written with ``_`` for ``-``."""
        if isinstance(reply, int):
            reply = Reply(reply, body, {k.replace("_", "-"): v for k, v in headers.items()})
        self.steps.append(Step(method, path, reply, times, when))

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def check(self) -> None:
        """Fail for requests that no step wanted, and steps that no request used."""
        assert not self.unexpected, [f"{r.method} {r.path} {r.query}" for r in self.unexpected]
        unused = [f"{s.method} {s.path}" for s in self.steps if s.times]
        assert not unused, f"never asked: {unused}"

    def asked(self, method: str, path: str = ".*") -> list[Request]:
        """The requests so far that match."""
        return [
            r for r in self.requests if r.method == method and re.fullmatch(f"/v2/{path}", r.path)
        ]

    def _answer(self, request: Request) -> Reply:
        with self._lock:
            for step in self.steps:
                if step.matches(request):
                    if step.times is not None:
                        step.times -= 1
                    break
            else:
                self.unexpected.append(request)
                return Reply(418, b"no step of the script wants this")
        return step.reply(request) if callable(step.reply) else step.reply

    def _handler(registry) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def handle(self) -> None:
                # a ClientHello holds no line: the parser would wait for the rest of it
                if self.connection.recv(1, socket.MSG_PEEK) == b"\x16":
                    return
                super().handle()

            def _do(self) -> None:
                split = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                request = Request(
                    self.command,
                    split.path,
                    parse_qs(split.query, keep_blank_values=True),
                    dict(self.headers.items()),
                )
                early = any(
                    isinstance(s.reply, Reply) and s.reply.early and s.matches(request)
                    for s in registry.steps
                )
                if length and not early:
                    body = self.rfile.read(length)
                    request = Request(
                        request.method, request.path, request.query, request.headers, body
                    )
                registry.requests.append(request)
                reply = registry._answer(request)
                self._send(reply)
                if early and length:
                    time.sleep(reply.linger)
                    self.close_connection = True

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _do  # noqa: N815

            def _send(self, reply: Reply) -> None:
                if reply.cut == -1:
                    self._reset()
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in reply.headers and reply.length:
                    self.send_header("Content-Length", str(len(reply.body)))
                if not reply.length:
                    self.send_header("Connection", "close")
                    self.close_connection = True
                self.end_headers()
                if self.command == "HEAD":
                    return
                body = reply.body if reply.cut is None else reply.body[: reply.cut]
                if reply.delay:
                    for i in range(len(body)):
                        self.wfile.write(body[i : i + 1])
                        time.sleep(reply.delay)
                else:
                    half = len(body) // 2 if reply.halfway else 0
                    self.wfile.write(body[:half])
                    if reply.halfway:
                        reply.halfway()
                    self.wfile.write(body[half:])
                if reply.cut is not None:
                    self.wfile.flush()
                    # what was sent must arrive before the reset overtakes it
                    time.sleep(0.02)
                    self._reset()

            def _reset(self) -> None:
                reset(self.connection)
                self.close_connection = True

            def log_message(self, *arguments: object) -> None:
                pass

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are what these tests are about."""


def reset(connection: socket.socket) -> None:
    """Close a connection with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())  # close() would wait for the handler's files
