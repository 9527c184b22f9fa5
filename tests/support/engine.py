"""A Docker Engine of our own: its socket, data and pid file are in a temporary folder.

Nothing of an engine that may already run here is touched. No bridge and no iptables: containers of
the tests run with ``network_mode="none"``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import requires

START_SECONDS = 60.0
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Engine:
    """A running engine."""

    host: str
    folder: Path
    pid: int

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment, pointing to this engine alone."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("DOCKER_")}
        return {**kept, "DOCKER_HOST": self.host, "DOCKER_CONFIG": str(self.folder / "config")}

    def docker(self, *arguments: str, check: bool = True) -> str:
        """Run the docker client; its stdout, stripped."""
        result = subprocess.run(
            [requires.program("docker"), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
        )
        if check and result.returncode:
            pytest.fail(f"docker {' '.join(arguments)}: {result.stderr}")
        return result.stdout.strip()

    def run(self, image: str, *arguments: str, entrypoint: str = "") -> str:
        """Run a container without a network and return its stdout."""
        options = ["--entrypoint", entrypoint] if entrypoint else []
        return self.docker("run", "--rm", "--network=none", *options, image, *arguments)


@contextlib.contextmanager
def running_engine() -> Iterator[Engine]:
    """Start dockerd, wait until it answers, and stop it with all that it started."""
    dockerd = requires.program("dockerd")
    requires.root()
    # Not pytest's own temporary folder: a socket's path has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="ksimage-engine-"))
    (folder / "config").mkdir()
    host = f"unix://{folder}/docker.sock"
    command = [
        dockerd,
        f"--host={host}",
        f"--data-root={folder}/data",
        f"--exec-root={folder}/exec",
        f"--pidfile={folder}/docker.pid",
        "--iptables=false",
        "--ip6tables=false",
        "--bridge=none",
        "--log-level=warn",
    ]
    # dockerd looks for runc and containerd, which a plain user's PATH may lack.
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"}
    with (folder / "dockerd.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=folder, env=environment, start_new_session=True
        )
    try:
        _wait_until_ready(process, folder)
        yield Engine(host, folder, process.pid)
    finally:
        _stop(process, folder)


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[Engine]:
    """A Docker Engine for the whole session."""
    with running_engine() as engine:
        _shared.append(engine)
        yield engine
        _shared.remove(engine)


_shared: list[Engine] = []


@pytest.fixture(scope="module", autouse=True)
def nothing_left_in_the_engine() -> Iterator[None]:
    """The tests of a file share the engine with others, and what they leave in it does not stay."""
    yield
    for engine in _shared:
        if images := set(engine.docker("images", "--quiet").split()):
            engine.docker("rmi", "--force", *images, check=False)


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(str(folder / "docker.sock"))
            client.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            if b" 200 " in client.recv(64):
                return
        time.sleep(0.05)
    log = (folder / "dockerd.log").read_text(errors="replace")[-2000:]
    requires.condition(False, f"dockerd did not start here: {log}")


def _stop(process: subprocess.Popen[bytes], folder: Path) -> None:
    """SIGTERM lets dockerd stop its containers and its containerd; what survives is killed."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # its session: dockerd, containerd, shims
    process.wait()
    for mount in _mounts(folder):
        umount = shutil.which("umount", path=SYSTEM_PATH) or "umount"
        subprocess.run([umount, "-l", mount], capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)


def _mounts(folder: Path) -> list[str]:
    """Mount points below, deepest first."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    points = [line.split()[1].encode().decode("unicode_escape") for line in lines]
    return sorted((point for point in points if point.startswith(f"{folder}/")), reverse=True)
