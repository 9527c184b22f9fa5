"""Start and stop the cluster, whole or by component: ``python -m tests.cluster.bed up|down``.

It needs root. `up` takes 15 to 25 s and starts only what does not run; `down` takes about 10 s.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.cluster import certificates, network, pause, processes, settings
from tests.cluster.place import (
    API_PORT,
    ETCD_PEER_PORT,
    ETCD_PORT,
    NODE,
    NODE_ADDRESS,
    PAUSE,
    SYSTEM_PATH,
    Place,
)

COMPONENTS = ("registry", "etcd", "apiserver", "cm", "sched", "containerd", "kubelet")
START_SECONDS = 90.0


class Bed:
    """The cluster. Components are those of COMPONENTS."""

    def __init__(self, place: Place | None = None) -> None:
        self.place = place or Place()

    def up(self) -> None:
        """Start all that does not run, and wait until the node is ready. One session at a time."""
        self.place.make()
        with (self.place.run / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            certificates.make(self.place.keys)
            settings.write(self.place)
            network.up()
            for name in COMPONENTS:
                self.start(name)
            self._wait("the node", self._node_ready)

    def down(self, *, wipe: bool = False) -> None:
        """Stop everything, containers first. ``wipe`` removes data and keys, not the programs."""
        self.stop("kubelet")
        self._end_containers()
        for name in reversed(COMPONENTS[:-1]):
            self.stop(name)
        for point in _mounts(self.place.folder):
            subprocess.run(["umount", "-l", point], capture_output=True, check=False)
        network.down()
        if wipe:
            for folder in ("data", "log", "pki", "run"):
                shutil.rmtree(self.place.folder / folder, ignore_errors=True)

    def start(self, name: str) -> None:
        """Start one component, and wait until it answers where it can be asked."""
        pid_file, log = self._files(name)
        processes.start(pid_file, log, self._command(name), SYSTEM_PATH)
        if name == "apiserver":
            self._wait("the API server", self._api_ready)
        elif name == "containerd":
            self._wait("containerd", lambda: self._ctr("version").returncode == 0)
            self._import_pause()

    def stop(self, name: str, sign: signal.Signals = signal.SIGTERM) -> None:
        """Stop one component."""
        processes.stop(self._files(name)[0], sign)

    def kill(self, name: str) -> None:
        """End one component without a word."""
        self.stop(name, signal.SIGKILL)

    def runs(self, name: str) -> bool:
        """Whether a component runs."""
        return bool(processes.alive(self._files(name)[0]))

    def kubectl(self, *words: str, check: bool = True, data: str | None = None) -> str:
        """Run this machine's kubectl as the administrator; its stdout.

        With ``check``, wait for an API server that another session has just killed.
        """
        command = ["kubectl", f"--kubeconfig={self.place.kubeconfig}", *words]
        deadline = time.monotonic() + START_SECONDS
        while True:
            done = subprocess.run(command, input=data, capture_output=True, text=True, check=False)
            away = done.returncode and "refused" in done.stderr
            if not (check and away) or time.monotonic() > deadline:
                break
            time.sleep(1)
        if check and done.returncode:
            raise RuntimeError(f"kubectl {' '.join(words)}: {done.stderr}")
        return done.stdout

    # --- inside ----------------------------------------------------------------------------

    def _files(self, name: str) -> tuple[Path, Path]:
        return self.place.run / f"{name}.pid", self.place.logs / f"{name}.log"

    def _command(self, name: str) -> list[str]:
        found: list[str] = getattr(self, f"_{name}")()
        return found

    def _registry(self) -> list[str]:
        return ["docker-registry", "serve", f"{self.place.settings}/registry.yml"]

    def _etcd(self) -> list[str]:
        client = f"http://127.0.0.1:{ETCD_PORT}"
        peer = f"http://127.0.0.1:{ETCD_PEER_PORT}"
        return [
            "etcd",
            "--name=c77",
            f"--data-dir={self.place.data}/etcd",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=c77={peer}",
        ]

    def _apiserver(self) -> list[str]:
        keys = self.place.keys
        return [
            f"{self.place.programs}/kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{ETCD_PORT}",
            "--bind-address=127.0.0.1",
            f"--secure-port={API_PORT}",
            f"--advertise-address={NODE_ADDRESS}",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=Node,RBAC",
            "--allow-privileged=true",
            f"--client-ca-file={keys}/ca.crt",
            f"--tls-cert-file={keys}/apiserver.crt",
            f"--tls-private-key-file={keys}/apiserver.key",
            f"--kubelet-client-certificate={keys}/admin.crt",
            f"--kubelet-client-key={keys}/admin.key",
            f"--kubelet-certificate-authority={keys}/ca.crt",
            "--kubelet-preferred-address-types=InternalIP",
            f"--service-account-key-file={keys}/sa.pub",
            f"--service-account-signing-key-file={keys}/sa.key",
            "--service-account-issuer=https://kubernetes.default.svc",
        ]

    def _cm(self) -> list[str]:
        keys = self.place.keys
        return [
            f"{self.place.programs}/kube-controller-manager",
            *_as(f"{keys}/cm.kubeconfig", port=11257),
            "--use-service-account-credentials",
            f"--service-account-private-key-file={keys}/sa.key",
            f"--root-ca-file={keys}/ca.crt",
        ]

    def _sched(self) -> list[str]:
        return [
            f"{self.place.programs}/kube-scheduler",
            *_as(f"{self.place.keys}/sched.kubeconfig", port=11259),
        ]

    def _containerd(self) -> list[str]:
        return ["containerd", "--config", f"{self.place.settings}/containerd.toml"]

    def _kubelet(self) -> list[str]:
        data = self.place.data
        return [
            f"{self.place.programs}/kubelet",
            f"--config={self.place.settings}/kubelet.yaml",
            f"--kubeconfig={self.place.keys}/kubelet.kubeconfig",
            f"--root-dir={data}/kubelet",
            f"--hostname-override={NODE}",
            f"--node-ip={NODE_ADDRESS}",
            "--container-runtime=remote",
            f"--container-runtime-endpoint=unix://{self.place.containerd}",
            f"--cert-dir={data}/kubelet-pki",
            f"--volume-plugin-dir={data}/volplugins",
            f"--seccomp-profile-root={data}/seccomp",
        ]

    def _ctr(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["ctr", "--address", str(self.place.containerd), "--namespace", "k8s.io", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def ctr(self, *words: str) -> str:
        """What ``ctr`` prints about the node's containers and images."""
        return self._ctr(*words).stdout

    def _import_pause(self) -> None:
        if PAUSE in self.ctr("images", "ls", "-q"):
            return
        path = pause.archive(self.place.settings)
        done = self._ctr("images", "import", "--index-name", PAUSE, str(path))
        if done.returncode:
            raise RuntimeError(f"the sandbox's image was not imported: {done.stderr}")

    def _end_containers(self) -> None:
        for task in self.ctr("tasks", "ls", "-q").split():
            self._ctr("tasks", "kill", "-s", "9", task)
        time.sleep(1)
        for container in self.ctr("containers", "ls", "-q").split():
            self._ctr("tasks", "rm", "-f", container)
            self._ctr("containers", "rm", container)

    def _api_ready(self) -> bool:
        return self.kubectl("get", "--raw=/readyz", check=False).strip() == "ok"

    def _node_ready(self) -> bool:
        return " Ready" in self.kubectl("get", "nodes", check=False)

    def _wait(self, what: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{what} did not come up; see {self.place.logs}")
            time.sleep(0.3)


def _as(kubeconfig: str, *, port: int) -> list[str]:
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        "--port=0",
        "--leader-elect=false",
    ]


def _mounts(folder: Path) -> Iterable[str]:
    """Mount points below, deepest first."""
    points = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    return sorted((point for point in points if point.startswith(f"{folder}/")), reverse=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="tests.cluster.bed", description=__doc__)
    parser.add_argument("what", choices=["up", "down"])
    parser.add_argument("--wipe", action="store_true", help="down: remove data and keys as well")
    arguments = parser.parse_args()
    os.environ["PATH"] = f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"
    bed = Bed()
    if arguments.what == "down":
        bed.down(wipe=arguments.wipe)
    else:
        bed.up()
        print(f"export KUBECONFIG={bed.place.kubeconfig}")


if __name__ == "__main__":
    main()
