"""Skips that name what is missing, and turn into failures where everything must be there.

``KSIMAGE_E2E=1`` (set in CI) says that this machine has the real components.
"""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def _missing(what: str) -> NoReturn:
    if os.environ.get("KSIMAGE_E2E") == "1":
        pytest.fail(f"KSIMAGE_E2E=1, but {what}", pytrace=False)
    pytest.skip(what)


def program(*names: str) -> str:
    """The path of the first program found; skips (or fails) naming all of them."""
    for name in names:
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
        if path:
            return path
    _missing(f"{' or '.join(names)} is not installed")


def root() -> None:
    """The test needs root (to start a Docker Engine or to keep file owners)."""
    if os.geteuid() != 0:
        _missing("not running as root")


def variable(name: str, why: str) -> str:
    """The value of an environment variable that only some machines set. Never a failure."""
    value = os.environ.get(name)
    if not value:
        pytest.skip(f"{name} is not set ({why})")
    return value


def condition(met: bool, what: str) -> None:
    """Skip (or fail) with ``what`` when ``met`` is false."""
    if not met:
        _missing(what)
