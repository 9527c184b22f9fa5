"""A TCP relay in front of a registry: counts the bytes, and slows them down when asked."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

_STEP = 64 << 10


class Relay:
    """Listens on a loopback port and passes everything on to ``127.0.0.1:port``.

    Args:
        port: where to.
        delay: seconds that each piece waits, in either direction.
        step: bytes a piece has at most.
        window: bytes that the kernel may take from clients beforehand; its own choice if None.

    Attributes:
        sent, received: bytes to and from the other side, headers included.
        connections: how many were opened.
    """

    def __init__(
        self, port: int, *, delay: float = 0.0, step: int = _STEP, window: int | None = None
    ) -> None:
        self.sent = self.received = self.connections = 0
        self.delay, self.step = delay, step
        self._port = port
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        if window:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """``127.0.0.1:PORT`` of the relay itself."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def stop(self) -> None:
        """Close the listener and what is still open."""
        with self._lock:
            for connection in (self._listener, *self._open):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listener.close()

    def idle(self, seconds: float) -> bool:
        """Wait until no connection is open: all that was sent has gone on. False when it lasts."""
        deadline = time.monotonic() + seconds
        while self._open:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)
        return True

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            server = socket.create_connection(("127.0.0.1", self._port))
            with server, self._known(client, server):
                back = threading.Thread(
                    target=self._pump, args=(server, client, "received"), daemon=True
                )
                back.start()
                self._pump(client, server, "sent")
                back.join()

    @contextlib.contextmanager
    def _known(self, *pair: socket.socket) -> Iterator[None]:
        with self._lock:
            self._open.update(pair)
        try:
            yield
        finally:
            with self._lock:
                self._open.difference_update(pair)

    def _pump(self, source: socket.socket, sink: socket.socket, counter: str) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(self.step):
                if self.delay:
                    time.sleep(self.delay)
                sink.sendall(data)
                with self._lock:
                    setattr(self, counter, getattr(self, counter) + len(data))
        # one side has ended: so has the other one, for HTTP
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
