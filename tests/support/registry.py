"""The real ``docker-registry``, started when a test asks for one: plain, with logins, with TLS.

``registry`` is plain HTTP, ``htpasswd_registry`` wants Basic, ``tls_registry`` has a certificate of
a private CA, ``bearer_registry`` sends clients to a token service (:mod:`tests.support.tokens`).
All listen on a loopback port of their own and keep their data in a temporary folder.
"""

from __future__ import annotations

import base64
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support import requires
from tests.support.tokens import TokenService, make_certificate

USER, PASSWORD = "robot$kubesphereio+ksimage", "s3cret:with:colons"

# bcrypt of PASSWORD with cost 4: made once, because no bcrypt comes with Python
HTPASSWD = "$2y$04$92SX2U4zTx/784mwpKApDew11dQ/DiyCNEf5ODsskpDVGjQ1QMEMm"

_LOG = re.compile(r'"([A-Z]+) (\S+) HTTP/[0-9.]+" (\d{3}) ')


@dataclass(frozen=True)
class Logged:
    """A request in the registry's access log."""

    method: str
    path: str
    status: int


@dataclass
class RunningRegistry:
    """A registry of our own.

    Attributes:
        address: ``127.0.0.1:PORT``, or ``localhost:PORT`` with TLS.
        data: its storage folder.
        ca: the CA's certificate, with TLS.
        certificate: the registry's own and its key, with TLS.
        tokens: its token service, with bearer logins.
    """

    address: str
    data: Path
    log: Path
    process: subprocess.Popen[bytes]
    ca: Path | None = None
    tokens: TokenService | None = None
    certificate: tuple[Path, Path] | None = None
    _read: int = field(default=0)

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def requests(self) -> list[Logged]:
        """What was asked since the last call."""
        # the log is written after the answer
        time.sleep(0.02)
        text = self.log.read_text()
        new, self._read = text[self._read :], len(text)
        return [Logged(m[1], m[2], int(m[3])) for m in _LOG.finditer(new)]

    def forget(self) -> None:
        """What was asked so far does not concern the next test."""
        self._read = len(self.log.read_text())

    def blob_path(self, digest: str) -> Path:
        """Where the registry keeps a blob's bytes."""
        hexes = digest.removeprefix("sha256:")
        return self.data / f"docker/registry/v2/blobs/sha256/{hexes[:2]}/{hexes}/data"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_registry(
    folder: Path, *, auth: str = "", tls: bool = False, client_ca: Path | None = None
) -> RunningRegistry:
    """Start docker-registry; skips the test where it is not installed.

    Args:
        auth: "", "htpasswd" (USER, PASSWORD) or "token".
        client_ca: with TLS, ask clients for a certificate of this CA.
    """
    program = requires.program("docker-registry")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    data, log = folder / "data", folder / "log"
    lines = [
        "version: 0.1",
        "log: {level: error, formatter: text}",
        f"storage: {{filesystem: {{rootdirectory: {data}}}, delete: {{enabled: true}}}}",
        "http:",
        f"  addr: 127.0.0.1:{port}",
        "  secret: of-no-value",
    ]
    ca: Path | None = None
    own: tuple[Path, Path] | None = None
    tokens: TokenService | None = None
    if tls:
        ca, certificate, key = make_certificate(folder, "localhost", "harbor.test")
        own = (certificate, key)
        lines.append(f"  tls:\n    certificate: {own[0]}\n    key: {own[1]}")
        if client_ca:
            lines.append(f"    clientcas: [{client_ca}]")
    if auth == "htpasswd":
        (folder / "htpasswd").write_text(f"{USER}:{HTPASSWD}\n")
        lines.append(f"auth: {{htpasswd: {{realm: test, path: {folder / 'htpasswd'}}}}}")
    elif auth == "token":
        tokens = TokenService(folder / "tokens")
        lines += [
            "auth:",
            "  token:",
            f"    realm: {tokens.realm}",
            f"    service: {tokens.service}",
            f"    issuer: {tokens.issuer}",
            f"    rootcertbundle: {tokens.certificate}",
        ]
    (folder / "config.yml").write_text("\n".join(lines) + "\n")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "serve", str(folder / "config.yml")], stdout=output, stderr=output
        )
    running = RunningRegistry(
        f"{'localhost' if tls else '127.0.0.1'}:{port}", data, log, process, ca, tokens, own
    )
    _await(running)
    running.requests()
    _running.append(running)
    return running


def stop_registry(running: RunningRegistry) -> None:
    _running.remove(running)
    running.stop()
    if running.tokens:
        running.tokens.stop()
    shutil.rmtree(running.data, ignore_errors=True)


_running: list[RunningRegistry] = []


def close_sessions() -> None:
    """Close all connections and forget everything: tokens, logins, what registries hold."""
    module = sys.modules.get("ksimage.locations.registry.session")
    if module is not None:
        for session in module._sessions.values():
            session.channel.wire.close()
        module._sessions.clear()


@pytest.fixture(autouse=True)
def _forget_sessions() -> Iterator[None]:
    """No test sees the requests, connections, tokens or blobs of another one."""
    for running in _running:
        running.forget()
    yield
    close_sessions()


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """Plain HTTP, no login. One for the whole run: use repositories of your own."""
    running = start_registry(tmp_path_factory.mktemp("registry"))
    yield running
    stop_registry(running)


@pytest.fixture(scope="session")
def htpasswd_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """Plain HTTP, Basic login USER and PASSWORD for everything."""
    running = start_registry(tmp_path_factory.mktemp("htpasswd"), auth="htpasswd")
    yield running
    stop_registry(running)


@pytest.fixture(scope="session")
def tls_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """HTTPS with a certificate for localhost from a private CA."""
    running = start_registry(tmp_path_factory.mktemp("tls"), tls=True)
    yield running
    stop_registry(running)


@pytest.fixture
def bearer_registry(tmp_path: Path) -> Iterator[RunningRegistry]:
    """Plain HTTP, Bearer tokens from a service whose rules a test may change."""
    running = start_registry(tmp_path / "bearer", auth="token")
    yield running
    stop_registry(running)


def docker_config(folder: Path, address: str, user: str = USER, password: str = PASSWORD) -> Path:
    """A DOCKER_CONFIG folder with one login."""
    folder.mkdir(parents=True, exist_ok=True)
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    (folder / "config.json").write_text(f'{{"auths": {{"{address}": {{"auth": "{auth}"}}}}}}')
    return folder


def _await(running: RunningRegistry) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if running.process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", running.port), 1):
                return
        except OSError:
            time.sleep(0.02)
    running.process.kill()
    running.process.wait()
    pytest.fail(f"docker-registry did not start:\n{running.log.read_text()}")
