"""Run one of ksimage's small programs (``templates/pod``) in a pod, by its own python3.

The program comes over stdin, its length first: what stands in argument lists ends up in the API
server's audit log, and stdin's end would come too late.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Final

from ksimage import resources

if TYPE_CHECKING:
    from ksimage.cluster.installer import Pod
    from ksimage.cluster.kubectl import Kubectl

LOADER: Final = (
    "import sys;n=int(sys.stdin.readline());exec(compile(sys.stdin.read(n),'ksimage','exec'))"
)
"""For ``python3 -c``."""


def run(kubectl: Kubectl, pod: Pod, name: str, *, seconds: float) -> bytes:
    """What the program prints. A cut stream ends with status 0 too: the caller checks.

    Raises:
        ClusterError
    """
    text = resources.path(f"templates/pod/{name}").read_text("ascii")
    data = f"{len(text)}\n{text}".encode("ascii")
    words = ("python3", "-u", "-c", LOADER)
    printed = kubectl.execute(
        pod.name, *words, container=pod.container, input=data, timeout=seconds
    )
    return printed.stdout


def end(process: subprocess.Popen[bytes]) -> None:
    """End a local process, and what it runs in the pod with its stdin."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(OSError):
        process.stdin.close()
    try:
        process.wait(1)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def last_words(errors: IO[bytes]) -> str:
    """The end of what a command has said on stderr."""
    errors.seek(max(0, errors.seek(0, os.SEEK_END) - 2000))
    return errors.read().decode("utf-8", "replace").strip()
