from __future__ import annotations

import hashlib
import json
import socket
import threading
from pathlib import Path

import pytest

from ksimage.errors import EngineUnreachable
from ksimage.locations.docker import engine
from ksimage.locations.docker.daemon import DaemonSource, DaemonTarget


@pytest.fixture(autouse=True)
def no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


def context(folder: Path, name: str, host: str) -> None:
    meta = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    meta.mkdir(parents=True)
    document = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host}}}
    (meta / "meta.json").write_text(json.dumps(document))


def test_which_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine.host() == "unix:///var/run/docker.sock"
    context(tmp_path, "mine", "unix:///mine.sock")
    context(tmp_path, "yours", "unix:///yours.sock")
    (tmp_path / "config.json").write_text('{"currentContext": "mine"}')
    assert engine.host() == "unix:///mine.sock"
    monkeypatch.setenv("DOCKER_CONTEXT", "yours")
    assert engine.host() == "unix:///yours.sock"
    monkeypatch.setenv("DOCKER_CONTEXT", "default")
    assert engine.host() == "unix:///var/run/docker.sock"
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    assert engine.host() == "tcp://127.0.0.1:1"


@pytest.mark.parametrize("text", ["", "[]", '{"currentContext": "gone"}', '{"currentContext": 7}'])
def test_useless_client_config(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    assert engine.host() == engine.DEFAULT_HOST


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.0 200 OK\r\n\r\nOK", True),
        (b"HTTP/1.0 500 Oops\r\n\r\n 200 ", False),
        (b"SSH-2.0-OpenSSH\r\n", False),
        (b"", False),
    ],
)
def test_reachable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes, expected: bool
) -> None:
    path = tmp_path / "s"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        found, why = engine.reachable()
        thread.join()
    assert found is expected
    assert str(path) in why


def test_engine_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        assert engine.reachable(timeout=0.1) == (
            False,
            f"no Docker Engine at unix://{path} (it does not answer)",
        )


@pytest.mark.parametrize("host", ["unix:///nowhere/x.sock", "tcp://127.0.0.1:1", "nonsense://x"])
def test_unreachable(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    assert engine.reachable()[0] is False
    for place, instead in (
        (DaemonSource("a:1").top, "docker-archive:FILE"),
        (DaemonTarget("a:1").held, "--to oci-archive:FILE"),
    ):
        with pytest.raises(EngineUnreachable) as caught:
            place()
        assert instead in caught.value.advice[-1] and "--engine" not in caught.value.advice[-1]
        assert caught.value.exit_code == 7
        assert host in caught.value.message
