"""What only the node can do to a container: kill it, and put a small disk below it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import PurePosixPath
from typing import Any

from tests.cluster.bed import Bed

_MOUNT = """\
import ctypes, os, sys
pid, place, size = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
namespace = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)
CLONE_NEWNS, MS_REMOUNT = 0x20000, 32
with open(f"/proc/{pid}/mounts") as file:
    flags = MS_REMOUNT if f" {place} tmpfs " in file.read() else 0
for code in (
    libc.setns(namespace, CLONE_NEWNS),
    libc.mount(b"tmpfs", place.encode(), b"tmpfs", flags, f"size={size}".encode()),
):
    if code:
        sys.exit(os.strerror(ctypes.get_errno()))
"""


def container_id(pod: dict[str, Any]) -> str:
    """containerd's name of a pod's container."""
    return str(pod["status"]["containerStatuses"][0]["containerID"]).removeprefix("containerd://")


def kill(bed: Bed, container: str) -> None:
    """End a container without a word; its pod stays, and the kubelet starts it again."""
    bed.ctr("tasks", "kill", "-s", "9", container)


def limit_disk(bed: Bed, container: str, place: PurePosixPath, size: str) -> None:
    """Put a disk of ``size`` ("300k") over a folder in the container, or resize the one there."""
    listed = bed.ctr("tasks", "ls").splitlines()
    pid = next(line.split()[1] for line in listed if line.startswith(container))
    # In a process of its own, for it moves into the container's view of the file system.
    subprocess.run([sys.executable, "-c", _MOUNT, pid, str(place), size], check=True)
