"""A ``ksimage watch`` that runs, while a test does something to what it watches."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.cluster import Installation
from tests.support.program import COMMAND, environment


@contextlib.contextmanager
def started(installation: Installation, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A ``ksimage watch`` that runs; ended with the block at the latest."""
    process = subprocess.Popen(
        [*COMMAND, "watch", *arguments, "-n", installation.namespace],
        env=environment(installation.env),
        cwd=installation.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def documents(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """The lines of ``--output json`` as they come."""
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def execs(pid: int) -> list[int]:
    """The kubectls that exec for the process ``pid``."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(child) for child in found.stdout.split() if b"\0exec\0" in _command_line(child)]


def _command_line(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
