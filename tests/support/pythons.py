"""The Pythons that images of the installer have had, where this machine has them too."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

VERSIONS = ("3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13")


def interpreter(version: str) -> str:
    """The path of a Python of this version; skips the test, by name, without one."""
    own = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python3"))
    found = str(own[-1]) if own else shutil.which(f"python{version}")
    # A shim of pyenv exists for versions that it then refuses to run.
    if not found or subprocess.run([found, "--version"], capture_output=True).returncode:
        pytest.skip(f"Python {version} is not installed")
    return found
