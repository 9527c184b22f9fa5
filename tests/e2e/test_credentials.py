"""Which login is taken: ours beside docker's and skopeo's own choice, from the same files."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.support import requires

from ksimage.errors import CredentialsFileBroken
from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.auth.lookup import find_credentials

pytestmark = pytest.mark.e2e

HOST = "harbor.lan:8443"
HUB = "docker.io"


def login(user: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:x".encode()).decode()}


CASES: dict[str, dict[str, Any]] = {
    "host": {HOST: login("host")},
    "https": {f"https://{HOST}": login("https")},
    "http": {f"http://{HOST}": login("http")},
    "a path": {f"https://{HOST}/some/path/": login("path")},
    "v1": {f"https://{HOST}/v1/": login("v1")},
    "v2": {f"https://{HOST}/v2/": login("v2")},
    "v1 without a scheme": {f"{HOST}/v1/": login("bare v1")},
    "v2 without a scheme": {f"{HOST}/v2/": login("bare v2")},
    "a closing slash": {f"{HOST}/": login("slash")},
    "host before URL": {f"https://{HOST}": login("url"), HOST: login("host")},
    "empty host before URL": {f"https://{HOST}": login("url"), HOST: {}},
    "an empty entry": {HOST: {}},
    "null": {HOST: None},
    "null fields": {HOST: {"auth": None, "identitytoken": None}},
    "null beside a login": {HOST: {**login("u"), "identitytoken": None}},
    "upper case": {HOST.upper(): login("upper")},
    "another port": {"harbor.lan:443": login("port")},
    "no port": {"harbor.lan": login("portless")},
    "namespace": {f"{HOST}/p": login("namespace"), HOST: login("host")},
    "repository": {f"{HOST}/p/r": login("repository"), f"{HOST}/p": login("namespace")},
    "another namespace": {f"{HOST}/q": login("other"), HOST: login("host")},
    "hub": {"https://index.docker.io/v1/": login("hub")},
    "hub by its name": {"docker.io": login("name")},
    "index of the hub": {"index.docker.io": login("index")},
    "twice": {"https://index.docker.io/v1/": login("url"), "docker.io": login("name")},
}
TARGETS = {"hub": HUB, "hub by its name": HUB, "index of the hub": HUB, "twice": HUB}


class Daemon(ThreadingHTTPServer):
    """As much of an engine as ``docker pull`` asks before it hands its login over."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.logins: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Daemon

    def do_GET(self) -> None:
        body = {"ApiVersion": "1.41", "MinAPIVersion": "1.12", "OSType": "linux", "Os": "linux"}
        self._answer(200, body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        held = self.headers.get("X-Registry-Auth", "")
        self.server.logins.append(json.loads(base64.urlsafe_b64decode(held + "==") or "{}"))
        self._answer(404, {"message": "enough"})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("API-Version", "1.41")
        self.send_header("OSType", "linux")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    server = Daemon()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def dockers() -> list[str]:
    """Every docker on the PATH: 20.10 and a newer one may be there side by side."""
    requires.program("docker")
    folders = dict.fromkeys(os.environ["PATH"].split(os.pathsep))
    found = [Path(folder) / "docker" for folder in folders]
    usable = {path.resolve(): str(path) for path in found if os.access(path, os.X_OK)}
    return list(usable.values())


def of_docker(daemon: Daemon, home: Path, host: str) -> str:
    """The user that docker hands to its engine."""
    users = {_of_docker(program, daemon, home, host) for program in dockers()}
    assert len(users) == 1
    return users.pop()


def _of_docker(program: str, daemon: Daemon, home: Path, host: str) -> str:
    daemon.logins.clear()
    name = "library/busybox:x" if host == HUB else f"{host}/p/r:x"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "DOCKER_HOST": f"tcp://127.0.0.1:{daemon.server_address[1]}",
    }
    subprocess.run(
        [program, "pull", name], env=environment, capture_output=True, timeout=60, check=False
    )
    assert daemon.logins, "docker asked nothing"
    return str(daemon.logins[-1].get("username") or "")


def of_skopeo(home: Path, host: str) -> str:
    """The user that containers/image finds."""
    command = [requires.program("skopeo"), "login", "--get-login"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home / "run"),
    }
    name = f"{host}/library/busybox" if host == HUB else f"{host}/p/r"
    run = subprocess.run(
        [*command, name], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return run.stdout.strip()


def of_ours(home: Path, host: str) -> str:
    environment = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run")}
    repository = "library/busybox" if host == HUB else "p/r"
    try:
        found = find_credentials(host, repository, RegistryOptions(), environment)
    except CredentialsFileBroken:
        return "broken"
    return found.username if found else ""


@pytest.mark.parametrize("case", CASES)
def test_docker_file(case: str, daemon: Daemon, tmp_path: Path) -> None:
    """Docker's own choice, or else what skopeo finds in the same file."""
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text(json.dumps({"auths": CASES[case]}))
    host = TARGETS.get(case, HOST)
    skopeo, ours = of_skopeo(tmp_path, host), of_ours(tmp_path, host)
    if case in ("namespace", "repository"):
        # docker knows no namespaces: it takes any key of the host, now this one and now that
        assert ours == skopeo
        return
    docker = of_docker(daemon, tmp_path, host)
    print(f"{case:<24} docker {docker or '-':<12} skopeo {skopeo or '-':<12} ksimage {ours or '-'}")
    wanted = {docker, skopeo} - {""} or {""}
    assert ours in wanted
    if len(wanted) == 1:
        assert wanted == {ours}


@pytest.mark.parametrize("case", CASES)
def test_containers_file(case: str, tmp_path: Path) -> None:
    (tmp_path / "run/containers").mkdir(parents=True)
    (tmp_path / "run/containers/auth.json").write_text(json.dumps({"auths": CASES[case]}))
    host = TARGETS.get(case, HOST)
    skopeo, ours = of_skopeo(tmp_path, host), of_ours(tmp_path, host)
    print(f"{case:<24} skopeo {skopeo or '-':<12} ksimage {ours or '-'}")
    assert ours == skopeo
