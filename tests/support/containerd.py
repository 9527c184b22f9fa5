"""A containerd of our own: its socket and data are in a temporary folder; it needs root."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import requires

START_SECONDS = 60.0


@dataclass(frozen=True)
class Containerd:
    """A running one, seen through ``ctr``."""

    socket: Path

    def ctr(self, *words: str) -> str:
        """Run ``ctr`` in the namespace of Kubernetes; its stdout."""
        program = requires.program("ctr")
        command = [program, "--address", str(self.socket), "--namespace", "k8s.io", *words]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, f"ctr {' '.join(words)}: {done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def containerd() -> Iterator[Containerd]:
    """A containerd without Kubernetes' own interface, which needs a network."""
    requires.root()
    program = requires.program("containerd")
    requires.program("ctr")
    # A socket's path has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="ksimage-containerd-") as name:
        folder = Path(name)
        settings = folder / "config.toml"
        settings.write_text(
            f'version = 2\nroot = "{folder}/root"\nstate = "{folder}/state"\n'
            'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
            f'[grpc]\naddress = "{folder}/c.sock"\n'
        )
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [program, "--config", str(settings)], stdout=log, stderr=log, start_new_session=True
            )
        try:
            _wait(process, folder)
            yield Containerd(folder / "c.sock")
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    command = [requires.program("ctr"), "--address", f"{folder}/c.sock", "version"]
    while time.monotonic() < deadline and process.poll() is None:
        if not subprocess.run(command, capture_output=True).returncode:
            return
        time.sleep(0.1)
    requires.condition(False, f"containerd did not start: {(folder / 'log').read_text()[-1000:]}")
