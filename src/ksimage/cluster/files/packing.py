"""Fetch an installation's files as they are: from a pod, a container or a folder of this machine.

A small program (``templates/pod/pack.py``) is sent over stdin and packs them. What it says at the
end decides whether all has come: `kubectl exec` that was cut ends with status 0.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import select
import subprocess
import tarfile
import tempfile
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage import resources
from ksimage.cluster import program
from ksimage.errors import CannotGather, ClusterAnswerCut
from ksimage.images.digest import measured
from ksimage.objects import json_object, mapping, number, text
from ksimage.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO

    from ksimage.cluster.installer import Pod
    from ksimage.cluster.kubectl import Kubectl

PROGRAM: Final = "templates/pod/pack.py"
RESULTS: Final = "/kubesphere/results"
OTHERS: Final = {
    "hook/installRunner.py": "/hooks/kubesphere/installRunner.py",
    "playbooks/kubesphere_running": "/kubesphere/playbooks/kubesphere_running",
    "config/ks-config.json": "/kubesphere/config/ks-config.json",
    "config/ks-status.json": "/kubesphere/config/ks-status.json",
}

_MARK: Final = b"\nksimage-end "
_MAX_REPORT: Final = 1 << 20
_READ: Final = 1 << 18
_SAVE_SECONDS: Final = 300.0


class Packed(NamedTuple):
    """What came.

    Attributes:
        why: why it is not whole, or not there; empty when all is well.
        files: how many files were packed.
        omitted: how many were left out for the limit.
        truncated: whose beginnings were left out, and their whole sizes in bytes.
        unreadable: what could not be read, and why.
    """

    why: str
    files: int = 0
    omitted: int = 0
    truncated: Mapping[str, int] = {}
    unreadable: Mapping[str, str] = {}


def fetch(
    prefix: Sequence[str],
    archive: Path,
    *,
    python: str = "python3",
    results: str = RESULTS,
    others: Mapping[str, str] = OTHERS,
    limit: int,
    seconds: float,
) -> Packed:
    """Write what is at the place that ``prefix`` leads to as the tar.gz ``archive``.

    Args:
        prefix: the command that runs another one there (``kubectl exec -i POD --``,
            ``docker exec -i NAME``), or nothing.
        archive: where to write; after a cut it holds what has come.
        python: the interpreter there.
        results: the folder of results there.
        others: further files, by their paths in the archive.
        limit: bytes of content at most.
        seconds: for all of it.

    Raises:
        CannotGather: the archive cannot be written.
        OSError: the command cannot be run.
    """
    packer = resources.path(PROGRAM).read_bytes()
    request = {"results": results, "others": dict(others), "limit": limit, "each": limit // 2}
    said = b"%d\n%s%s\n" % (len(packer), packer, json.dumps(request).encode())
    with archive.open("w+b", buffering=0) as file, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [*prefix, python, "-u", "-c", program.LOADER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        try:
            why = _receive(process, said, file, limit + (limit >> 2) + (16 << 20), seconds)
        finally:
            program.end(process)
        return _judged(file, why, printable(program.last_words(errors), 500))


def _receive(
    process: subprocess.Popen[bytes], said: bytes, file: BinaryIO, most: int, seconds: float
) -> str:
    """Copy what comes; why it ended early, or nothing."""
    deadline = time.monotonic() + seconds
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.write(said)
        process.stdin.flush()
    stdout, count = process.stdout.fileno(), 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([stdout], [], [], left)[0]:
            return f"it took longer than {seconds:g} s"
        data = os.read(stdout, _READ)
        if not data:
            return ""
        count += len(data)
        if count > most:
            return f"more than {most:,} bytes came"
        try:
            written = file.write(data)
            if written < len(data):  # the disk is full, which the rest is told
                file.write(data[written:])
        except OSError as error:
            raise CannotGather(file.name, error) from error


def _judged(file: BinaryIO, why: str, complaint: str) -> Packed:
    """Take the report off the end, and compare it with what has come."""
    end = file.seek(0, os.SEEK_END)
    start = max(0, end - _MAX_REPORT)
    file.seek(start)
    rest, mark, line = file.read().rpartition(_MARK)
    report = json_object(line) if mark else None
    if report is None:
        return Packed(why or complaint or f"the stream was cut after {end:,} bytes")
    size = start + len(rest)
    file.truncate(size)
    if (number(report, "bytes"), text(report, "sha256")) != measured(file):
        return Packed(f"what came ({size:,} bytes) is not what was sent")
    return Packed(
        "",
        number(report, "files"),
        number(report, "omitted"),
        {
            path: size
            for path, size in mapping(report, "truncated").items()
            if isinstance(size, int)
        },
        {path: printable(str(why)) for path, why in mapping(report, "unreadable").items()},
    )


def save(kubectl: Kubectl, pod: Pod, folder: Path) -> Path:
    """Save what an installation has left in its pod: it dies with the container.

    Written are the results as ``ks-installer-results-<pod>-<time>.tar.gz``, readable by nobody
    else. They hold secrets: `ksimage collect` makes a bundle that can be given away.

    Raises:
        ClusterAnswerCut: the stream came cut twice.
        ClusterError, OSError.
    """
    data = b""
    for _ in (1, 2):
        data = program.run(kubectl, pod, "archive.py", seconds=_SAVE_SECONDS)
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
