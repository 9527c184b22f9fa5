"""ansible-runner environments: which exist, and how each is made.

Made once and kept in KSIMAGE_TEST_CACHE (default ~/.cache/ksimage-tests), because pip needs half
a minute for each. The older ones stand for the published images; they need an older Python and run
only when KSIMAGE_BEHAVIOUR=all asks for them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import requires


@dataclass(frozen=True)
class Environment:
    """An ansible-runner and an Ansible for one Python. ``python`` "" is the present one."""

    name: str
    requirements: tuple[str, ...]
    python: str = ""
    images: str = ""


# Ansible 2.8 and 2.9 import names that Jinja dropped in 3.1 and MarkupSafe in 2.1.
_OLD = ("jinja2<3.1", "markupsafe<2.1", "setuptools<70")
ENVIRONMENTS = (
    Environment("newest", ("ansible-runner", "ansible-core")),
    Environment("2.2.0", ("ansible-runner==2.2.0", "ansible-core>=2.15,<2.17", "setuptools<70")),
    Environment(
        "2.2.0-2.9.27",
        ("ansible-runner==2.2.0", "ansible==2.9.27", *_OLD),
        "3.10",
        "v3.3.0 to v3.4.1",
    ),
    Environment(
        "2.1.2-2.9.27",
        ("ansible-runner==2.1.2", "ansible==2.9.27", *_OLD),
        "3.10",
        "v3.3.0-alpha.0 to v3.3.0-rc.1",
    ),
    Environment(
        "2.0.1-2.9.23",
        ("ansible-runner==2.0.1", "ansible==2.9.23", *_OLD),
        "3.9",
        "v3.2.0 to v3.2.1",
    ),
    Environment(
        "1.4.6-2.8.12",
        ("ansible-runner==1.4.6", "ansible==2.8.12", *_OLD),
        "3.8",
        "v3.0.0 to v3.1.1",
    ),
)


_OLDER = Environment("older", ())


def wanted() -> tuple[Environment, ...]:
    """The environments of this test run; the last stands for those that are left out."""
    if os.environ.get("KSIMAGE_BEHAVIOUR") == "all":
        return ENVIRONMENTS
    return (*(e for e in ENVIRONMENTS if not e.python), _OLDER)


def prepare(environment: Environment) -> Path:
    """The environment's bin directory; skips the test, by name, when it cannot be had."""
    if environment is _OLDER:
        pytest.skip(
            "KSIMAGE_BEHAVIOUR=all is not set, so not on "
            + ", ".join(e.name for e in ENVIRONMENTS if e.python)
        )
    python = _python(environment.python)
    if python is None:
        pytest.skip(f"Python {environment.python} is not installed, so not on {environment.name}")
    cache = Path(os.environ.get("KSIMAGE_TEST_CACHE") or Path.home() / ".cache" / "ksimage-tests")
    text = "\n".join((python, *environment.requirements))
    folder = cache / f"runner-{environment.name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    cache.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _make(environment, python, folder)
    return folder / "bin"


def _python(version: str) -> str | None:
    if not version:
        return sys.executable
    own = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    found = str(own[-1]) if own else shutil.which(f"python{version}")
    # A shim of pyenv exists for versions that it then refuses to run.
    if found and subprocess.run([found, "--version"], capture_output=True).returncode == 0:
        return found
    return None


def _make(environment: Environment, python: str, folder: Path) -> None:
    for command in (
        [python, "-m", "venv", str(folder)],
        [str(folder / "bin" / "pip"), "install", "-q", *environment.requirements],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            last = (done.stderr.strip() or "no reason given").splitlines()[-1]
            requires.condition(False, f"{environment.name} cannot be installed: {last}")
    (folder / "complete").touch()
