"""The ksimage program as its users start it: a process of its own, stdout and stderr apart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-c", "from ksimage.cli import main; main()")
REPOSITORY = Path(__file__).resolve().parents[2]
MINIATURE = REPOSITORY / "examples" / "ks-installer-mini"
MINIATURE_HOOK = REPOSITORY / "examples" / "mini" / "hooks" / "kubesphere" / "installRunner.py"

_OURS = ("KSIMAGE_", "DOCKER_", "SOURCE_DATE_EPOCH", "NO_COLOR", "FORCE_COLOR", "REGISTRY_AUTH")


@dataclass(frozen=True)
class Finished:
    """A run that has ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """stdout as one JSON document."""
        found: dict[str, Any] = json.loads(self.stdout)
        return found

    @property
    def reference(self) -> str:
        """stdout as one line."""
        (line,) = self.stdout.splitlines()
        return line

    def ok(self) -> Finished:
        """This run, which must have succeeded."""
        assert self.code == 0, f"exit code {self.code}\n{self.stderr}"
        return self


def environment(changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """This process's environment without what steers ksimage, and with ``changes`` (None: unset).

    No Docker Engine is reachable and nothing is cached unless a change says so.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}
    if paths := kept.get("PYTHONPATH"):  # runs start in folders of their own
        kept["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, paths.split(os.pathsep)))
    usual = {"DOCKER_HOST": "unix:///nowhere/docker.sock", "KSIMAGE_CACHE_DIR": "off"}
    changed = {**usual, **(changes or {})}
    return {key: value for key, value in {**kept, **changed}.items() if value is not None}


def start(
    *arguments: str,
    cwd: Path,
    env: Mapping[str, str | None] | None = None,
    command: tuple[str, ...] = COMMAND,
) -> subprocess.Popen[str]:
    """Start ksimage in ``cwd``."""
    return subprocess.Popen(
        [*command, *arguments],
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ksimage(
    *arguments: str,
    cwd: Path,
    env: Mapping[str, str | None] | None = None,
    command: tuple[str, ...] = COMMAND,
    timeout: float = 240,
) -> Finished:
    """Run ksimage in ``cwd`` and wait for its end."""
    process = start(*arguments, cwd=cwd, env=env, command=command)
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Finished(process.returncode, stdout, stderr)
