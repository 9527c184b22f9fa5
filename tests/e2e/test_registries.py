"""The same work at the real registry in four shapes: plain, Basic, TLS of a private CA, Bearer."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support import requires
from tests.support.images import Recipe, layout
from tests.support.program import MINIATURE_HOOK, Finished, ksimage
from tests.support.registry import PASSWORD, Logged, RunningRegistry, docker_config

pytestmark = pytest.mark.e2e

KINDS = ("registry", "htpasswd_registry", "tls_registry", "bearer_registry")
PROJECT = "four-shapes"


@dataclass(frozen=True)
class Place:
    """A registry with a base image of two platforms in it, and how to talk to it."""

    registry: RunningRegistry
    folder: Path
    arguments: tuple[str, ...]
    env: dict[str, str | None]

    @property
    def base(self) -> str:
        return f"{self.registry.address}/{PROJECT}/ks-installer:v3.3.2"

    def run(self, *arguments: str) -> tuple[Finished, list[Logged]]:
        """Run ksimage as loudly as it can; what it was asked, and what it asked for."""
        self.registry.requests()
        done = ksimage("-vv", *arguments, *self.arguments, cwd=self.folder, env=self.env).ok()
        assert PASSWORD not in done.stdout + done.stderr
        assert "Bearer ey" not in done.stderr
        return done, self.registry.requests()

    def build(self, target: str) -> tuple[Finished, list[Logged]]:
        return self.run("build", self.base, "--verbose", "--to", target)

    def raw(self, reference: str) -> bytes:
        """The manifest that a tag names, as skopeo gets it."""
        command = [requires.program("skopeo"), "inspect", "--raw", f"docker://{reference}"]
        if self.registry.ca is None:
            command.append("--tls-verify=false")
        else:
            command.append(f"--cert-dir={self.registry.ca.parent / 'for-skopeo'}")
        if config := self.env.get("DOCKER_CONFIG"):
            command.append(f"--authfile={config}/config.json")
        return subprocess.run(command, capture_output=True, check=True).stdout


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    registry: RunningRegistry = request.getfixturevalue(request.param)
    arguments: tuple[str, ...] = ()
    env: dict[str, str | None] = {}
    if registry.ca:
        arguments = ("--ca-file", str(registry.ca))
        folder = registry.ca.parent / "for-skopeo"
        folder.mkdir(exist_ok=True)
        (folder / "ca.crt").write_bytes(registry.ca.read_bytes())
    if request.param in ("htpasswd_registry", "bearer_registry"):
        env["DOCKER_CONFIG"] = str(docker_config(tmp_path / "docker", registry.address))
    found = Place(registry, tmp_path, arguments, env)
    hook = MINIATURE_HOOK.read_bytes()
    recipes = [Recipe(hook=hook, architecture=name, padding=1 << 20) for name in ("amd64", "arm64")]
    layout(tmp_path / "base", *recipes)
    found.run("push", f"oci:{tmp_path / 'base'}:v3.3.2", "--to", found.base)
    return found


def _by(method: str, status: int = 0) -> Callable[[list[Logged]], list[str]]:
    return lambda requests: [
        r.path for r in requests if r.method == method and status in (0, r.status)
    ]


def test_build_push_and_verify(place: Place) -> None:
    target = place.base + "-debug"
    done, requests = place.build(target)
    name, _, digest = done.reference.partition("@")
    assert name == target
    assert digest == f"sha256:{hashlib.sha256(place.raw(target)).hexdigest()}"
    # nothing of the base moves, or is even looked for: two configs and the new layer go up
    assert not any("mount=" in path for path in _by("POST")(requests))
    assert len([path for path in _by("PUT", 201)(requests) if "/uploads/" in path]) <= 4
    assert _by("PUT", 201)(requests)[-1].endswith("/manifests/v3.3.2-debug")

    again, requests = place.build(target)
    assert again.reference == done.reference
    assert not [r for r in requests if r.method not in ("GET", "HEAD")]

    place.run("verify", target)


def test_other_repository_gets_the_base_mounted(place: Place) -> None:
    target = f"{place.registry.address}/{PROJECT}-other/ks-installer:v3.3.2-debug"
    _, requests = place.build(target)
    mounts = [path for path in _by("POST", 201)(requests) if "mount=" in path]
    assert len(mounts) == len(set(mounts)) >= 9
    assert not _by("POST", 401)(requests)
    assert len([path for path in _by("PUT", 201)(requests) if "/uploads/" in path]) <= 4
    place.run("verify", target)
