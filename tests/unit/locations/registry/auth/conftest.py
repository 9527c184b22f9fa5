"""A home folder with logins, for tests of where they come from."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.auth.credentials import Credentials
from ksimage.locations.registry.auth.lookup import find_credentials


def auth(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


class Home:
    """A home folder with logins, and the environment that leads there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.environ = {"HOME": str(path)}

    def write(self, name: str, document: Any) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    def find(self, host: str = "harbor.lan", repository: str = "p/r") -> Credentials | None:
        return find_credentials(host, repository, RegistryOptions(), self.environ)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    monkeypatch.setenv("PATH", f"{bin_folder}{os.pathsep}{os.environ['PATH']}")
    return Home(tmp_path)


def helper(home: Home, name: str, script: str) -> None:
    path = home.path / "bin" / f"docker-credential-{name}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
