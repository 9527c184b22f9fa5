"""Run one of ksimage's small programs (``templates/pod``) in a pod, by its own python3.

The program comes over stdin, its length first: what stands in argument lists ends up in the API
server's audit log, and stdin's end would come too late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ksimage import resources

if TYPE_CHECKING:
    from ksimage.cluster.kubectl import Kubectl
    from ksimage.cluster.pods import Pod

_LOADER: Final = (
    "import sys;n=int(sys.stdin.readline());exec(compile(sys.stdin.read(n),'ksimage','exec'))"
)


def run(kubectl: Kubectl, pod: Pod, name: str, *, seconds: float) -> bytes:
    """What the program prints. A cut stream ends with status 0 too: the caller checks.

    Raises:
        ClusterError
    """
    text = resources.path(f"templates/pod/{name}").read_text("ascii")
    data = f"{len(text)}\n{text}".encode("ascii")
    words = ("python3", "-u", "-c", _LOADER)
    printed = kubectl.execute(
        pod.name, *words, container=pod.container, input=data, timeout=seconds
    )
    return printed.stdout
