"""Save what an installation has left in its pod: it dies with the container."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ksimage.cluster import program
from ksimage.errors import ClusterAnswerCut

if TYPE_CHECKING:
    from ksimage.cluster.kubectl import Kubectl
    from ksimage.cluster.pods import Pod

SECONDS: Final = 300.0


def save(kubectl: Kubectl, pod: Pod, folder: Path) -> Path:
    """Write the results as ``ks-installer-results-<pod>-<time>.tar.gz``, readable by nobody else.

    They hold secrets: `ksimage collect` makes a bundle that can be given away.

    Raises:
        ClusterAnswerCut: the stream came cut twice.
        ClusterError, OSError.
    """
    data = b""
    for _ in (1, 2):
        data = program.run(kubectl, pod, "archive.py", seconds=SECONDS)
        if _whole(data):
            break
    else:
        raise ClusterAnswerCut("kubectl exec", f"{len(data):,} bytes came")
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    path = folder / f"ks-installer-results-{pod.name}-{stamp}.tar.gz"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    return path


def _whole(data: bytes) -> bool:
    """Whether it is a complete archive: gzip's own checksum and length stand at its end."""
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            with tarfile.open(fileobj=stream, mode="r:") as archive:
                while archive.next() is not None:
                    pass
            while stream.read(1 << 20):  # tarfile stops before the checksum
                pass
    except (tarfile.TarError, EOFError, OSError, zlib.error):
        return False
    return True
