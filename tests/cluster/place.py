"""Where the cluster's files lie and which ports it uses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

NODE: Final = "node1"
NODE_ADDRESS: Final = "10.244.77.1"
BRIDGE: Final = "cni77"
SERVICE_ADDRESS: Final = "10.96.0.1"
API_PORT: Final = 16443
ETCD_PORT: Final = 23790
ETCD_PEER_PORT: Final = 23800
REGISTRY: Final = "127.0.0.1:5077"
PAUSE: Final = f"{REGISTRY}/pause:3.2"

PROGRAMS: Final = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet")
"""What `build` builds."""

SYSTEM_PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"


class Place:
    """The folder and what is in it."""

    def __init__(self, folder: Path | None = None) -> None:
        chosen = os.environ.get("KSIMAGE_CLUSTER") or "~/.cache/ksimage-cluster"
        self.folder = folder or Path(chosen).expanduser()
        self.programs = self.folder / "bin"
        self.keys = self.folder / "pki"
        self.run = self.folder / "run"
        self.data = self.folder / "data"
        self.logs = self.folder / "log"
        self.settings = self.folder / "conf"

    def make(self) -> None:
        """The folders that are written to."""
        for folder in (self.keys, self.run, self.data, self.logs, self.settings / "cni"):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.keys / "admin.kubeconfig"

    @property
    def containerd(self) -> Path:
        """containerd's socket."""
        return self.run / "containerd.sock"

    @property
    def old_kubectl(self) -> Path:
        """Debian's kubectl 1.20."""
        return self.folder / "kubectl-1.20" / "usr" / "bin" / "kubectl"

    @property
    def missing(self) -> list[str]:
        """Programs that `build` has not built here."""
        return [name for name in PROGRAMS if not os.access(self.programs / name, os.X_OK)]
