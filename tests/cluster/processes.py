"""Processes by pid file: started apart from the terminal, found again, stopped surely.

A pid file holds the pid and when that process started, so that a pid that the system has given to
somebody else is never killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

STOP_SECONDS = 10.0

_ours: list[subprocess.Popen[bytes]] = []  # which outlive this process, without a warning


def start(pid_file: Path, log: Path, command: Sequence[str], path: str) -> None:
    """Start ``command`` unless it runs already.

    A test that is the first to ask may have set a proxy, through which the API server would then
    look for kubelets.
    """
    if alive(pid_file):
        return
    kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**kept, "PATH": f"{kept.get('PATH', '')}:{path}"},
        )
    _ours.append(process)
    pid_file.write_text(f"{process.pid} {_started(process.pid)}")


def alive(pid_file: Path) -> int:
    """The pid of the process that was started, or 0 when it runs no more."""
    try:
        pid, _, started = pid_file.read_text().partition(" ")
        number = int(pid)
    except (OSError, ValueError):
        return 0
    return number if started.strip() and _started(number) == started.strip() else 0


def stop(pid_file: Path, sign: signal.Signals = signal.SIGTERM) -> None:
    """Ask it to end, wait, and kill it when it does not."""
    pid = alive(pid_file)
    if pid:
        _kill(pid, sign)
        deadline = time.monotonic() + STOP_SECONDS
        while alive(pid_file) and time.monotonic() < deadline:
            _reap(pid)
            time.sleep(0.05)
        if alive(pid_file):
            _kill(pid, signal.SIGKILL)
            _reap(pid)
    pid_file.unlink(missing_ok=True)


def _started(pid: int) -> str:
    """Clock ticks between the machine's start and the process's; empty for zombies and the gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _kill(pid: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, sign)


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
