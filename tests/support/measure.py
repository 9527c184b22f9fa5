"""A child process's time and memory, as the kernel counts them.

The kernel counts a child's memory from its fork on, and a fresh child is as large as its parent:
so a small process of its own stands between the one that measures and the one that is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LAUNCHER = """\
import json, resource, subprocess, sys, time
report, command = sys.argv[1], sys.argv[2:]
started = time.monotonic()
code = subprocess.call(command, stdin=subprocess.DEVNULL)
wall = time.monotonic() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(report, "w") as file:
    json.dump([code, wall, used.ru_utime + used.ru_stime, used.ru_maxrss], file)
"""


@dataclass(frozen=True)
class Measured:
    """A finished process. ``wall`` and ``cpu`` in seconds, ``rss`` (the largest) in MiB."""

    code: int
    wall: float
    cpu: float
    rss: float
    stdout: str
    stderr: str

    def ok(self) -> Measured:
        """This run, which must have succeeded. Raises RuntimeError."""
        if self.code:
            raise RuntimeError(f"exit code {self.code}: {self.stderr[-2000:]}")
        return self


def measure(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 900,
) -> Measured:
    """Run a command to its end. Children that it waits for count as part of it."""
    with tempfile.NamedTemporaryFile(prefix="measured-") as report:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _LAUNCHER, report.name, *command],
            env=env,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} could not be started: {done.stderr}")
        code, wall, cpu, kilobytes = json.loads(Path(report.name).read_text())
    return Measured(code, wall, cpu, kilobytes / 1024, done.stdout, done.stderr)
