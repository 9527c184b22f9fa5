"""Faults at the real registry in its four shapes: plain, Basic, TLS of a private CA, Bearer.

The other files have each fault on a plain registry. Here are those in whose recovery a login or TLS
takes part: what is asked again needs the token again, also at the registry's own Locations.
"""

from __future__ import annotations

import signal
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ksimage.errors import DigestMismatch, TagMoved
from ksimage.images.manifest import Descriptor
from ksimage.images.reference import parse
from ksimage.locations import transfer
from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.source import RegistrySource
from ksimage.locations.registry.target import RegistryTarget
from tests.faults.conftest import Waits
from tests.faults.proxy import Fault, FaultProxy
from tests.support import derived
from tests.support.blobs import MemorySource, noise
from tests.support.images import Recipe
from tests.support.program import Finished, ksimage, start
from tests.support.registry import (
    PASSWORD,
    USER,
    RunningRegistry,
    docker_config,
    start_registry,
    stop_registry,
)

pytestmark = pytest.mark.e2e

SIZE = 1_000_000


@dataclass(frozen=True)
class Shape:
    """A registry behind a fault proxy, and how to talk to it: by library and by program."""

    registry: RunningRegistry
    proxy: FaultProxy
    options: RegistryOptions
    folder: Path
    repository: str

    @property
    def name(self) -> str:
        return f"{self.proxy.address}/{self.repository}:v1"

    def target(self, tag: str = "v1") -> RegistryTarget:
        name = f"{self.proxy.address}/{self.repository}:{tag}"
        return RegistryTarget(parse(name), self.options)

    def source(self) -> RegistrySource:
        return RegistrySource(parse(self.name), self.options)

    @property
    def program(self) -> dict[str, Any]:
        """Arguments and environment for the program."""
        env: dict[str, str | None] = {"HOME": str(self.folder)}
        if self.options.username:
            env["DOCKER_CONFIG"] = str(docker_config(self.folder / "docker", self.proxy.address))
        return {"cwd": self.folder, "env": env}

    def command(self, *arguments: str) -> tuple[str, ...]:
        ca = self.registry.ca
        return (*arguments, "--ca-file", str(ca)) if ca else arguments

    def run(self, *arguments: str) -> Finished:
        return ksimage(*self.command(*arguments), **self.program)


@pytest.fixture(scope="module")
def token_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """One for all tests here: no rule of its token service is changed."""
    running = start_registry(tmp_path_factory.mktemp("tokens"), auth="token")
    yield running
    stop_registry(running)


KINDS = {
    "plain": "registry",
    "htpasswd": "htpasswd_registry",
    "tls": "tls_registry",
    "bearer": "token_registry",
}
NOT_PLAIN = [kind for kind in KINDS if kind != "plain"]
"""For what test_uploads.py, test_manifests.py and test_downloads.py do on the plain registry."""


@pytest.fixture(params=KINDS)
def shape(
    request: pytest.FixtureRequest, options: RegistryOptions, tmp_path: Path, repository: str
) -> Iterator[Shape]:
    registry: RunningRegistry = request.getfixturevalue(KINDS[request.param])
    if request.param in ("htpasswd", "bearer"):
        options = replace(options, username=USER, password=PASSWORD)
    options = replace(options, ca_file=registry.ca)
    proxy = FaultProxy(registry.port, registry.certificate)
    yield Shape(registry, proxy, options, tmp_path, repository)
    proxy.stop()
    proxy.check()


@pytest.fixture
def memory(repository: str) -> MemorySource:
    """Holds one image, of a layer that no other test has."""
    made = MemorySource()
    made.index = made.add_manifest(
        b'{"of":"%s"}' % repository.encode(), noise(SIZE, zlib.crc32(repository.encode()))
    )
    return made


def push(target: RegistryTarget, memory: MemorySource) -> Descriptor:
    top = memory.top()
    for digest, data in memory.blobs.items():
        if digest != top.digest:
            target.put_blob(Descriptor("", digest, len(data)), memory)
    target.tag(top, memory.manifest(top))
    return top


def content(memory: MemorySource) -> Descriptor:
    """The layer."""
    return next(Descriptor("", d, SIZE) for d, data in memory.blobs.items() if len(data) == SIZE)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("reset-request", "PATCH", skip=1, after=150_000),
        Fault("status", "PATCH", skip=1, status=502),
        Fault("lose-answer", "PUT", r"uploads/.*digest="),
        Fault("lose-answer", "PUT", "/manifests/"),
        Fault("reset-request", "PUT", "/manifests/", after=10),
    ],
    ids=["cut-piece", "refused-piece", "lost-commit", "lost-tag", "cut-tag"],
)
@pytest.mark.parametrize("shape", NOT_PLAIN, indirect=True)
def test_push_survives_in_every_shape(
    shape: Shape,
    fault: Fault,
    memory: MemorySource,
    waits: Waits,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ksimage.locations.registry.api.upload.PIECE", 300_000)
    shape.proxy.faults.append(replace(fault))
    top = push(shape.target(), memory)
    assert shape.source().top() == top
    layer = content(memory)
    assert shape.registry.blob_path(layer.digest).read_bytes() == memory.blobs[layer.digest]
    assert len(waits.slept) == 1


@pytest.mark.parametrize("harm", ["truncate", "reset-answer", "corrupt"])
@pytest.mark.parametrize("shape", NOT_PLAIN, indirect=True)
def test_download_in_every_shape(shape: Shape, harm: str, memory: MemorySource) -> None:
    push(shape.target(), memory)
    layer = content(memory)
    shape.proxy.seen.clear()
    shape.proxy.faults.append(Fault(harm, "GET", "/blobs/", after=500_000))  # type: ignore[arg-type]
    with shape.source().blob(layer) as chunks:
        if harm == "corrupt":
            with pytest.raises(DigestMismatch):
                list(chunks)
            return
        assert b"".join(chunks) == memory.blobs[layer.digest]
    assert [status for _, path, status in shape.proxy.seen if layer.digest in path] == [200, 206]


@pytest.mark.parametrize("when", ["before-the-write", "after-the-write"])
def test_tag_race_in_every_shape(shape: Shape, when: str, memory: MemorySource) -> None:
    """Somebody else writes the tag between the first look at it and one of the later looks."""
    other = MemorySource()
    other.index = other.add_manifest(b'{"other":1}', b"layer")
    theirs, ours = shape.target(), shape.target()
    assert ours.held() is None
    asked: list[str] = []

    def meanwhile(method: str, path: str) -> None:
        if path.endswith("/manifests/v1"):
            asked.append(method)
            if method == "HEAD" and ("PUT" in asked) == (when == "after-the-write"):
                shape.proxy.on_request = lambda *_: None
                push(theirs, other)

    shape.proxy.on_request = meanwhile
    with pytest.raises(TagMoved):
        push(ours, memory)
    assert asked == (["HEAD"] if when == "before-the-write" else ["HEAD", "PUT", "HEAD"])
    assert shape.target().held() == other.top()


def test_replaced_killed_and_resumed_in_every_shape(shape: Shape) -> None:
    """A tag of somebody else's: refused; then replaced by a run that is killed, and by the next.

    It is killed when the platforms' manifests are about to be put: then all layers are there.
    """
    base = derived.base(shape.folder / "base", Recipe(), Recipe(architecture="arm64"))
    old = derived.opened(derived.base(shape.folder / "old", Recipe(labels={"of": "others"})))
    transfer.copy(old, shape.target())
    before = shape.target().held()
    assert before is not None
    build = ("build", f"{base}:v3.3.2", "--verbose", "--to", shape.name)

    refused = shape.run(*build)
    assert refused.code == 10 and "--replace" in refused.stderr and before.digest in refused.stderr
    assert (shape.target().held(), shape.target("v1-orig").held()) == (before, None)

    process = start(*shape.command(*build, "--replace"), **shape.program)

    def kill(method: str, path: str) -> None:
        if method == "PUT" and "/manifests/sha256:" in path:
            process.send_signal(signal.SIGKILL)
            process.wait()

    shape.proxy.on_request = kill
    _, errors = process.communicate(timeout=60)
    shape.proxy.on_request = lambda *_: None
    assert process.returncode == -signal.SIGKILL, errors
    assert (shape.target().held(), shape.target("v1-orig").held()) == (before, before)

    shape.proxy.seen.clear()
    done = shape.run(*build, "--replace").ok()
    sent = [path for method, path, _ in shape.proxy.seen if method in ("POST", "PATCH")]
    assert sent == []
    held = shape.target().held()
    assert held is not None and done.reference == f"{shape.name}@{held.digest}"
    assert shape.target("v1-orig").held() == before

    found = shape.run("inspect", shape.name, "--output", "json").ok().document
    assert found["digest"] == held.digest
    assert found["kept"]["name"] == "v1-orig" and found["kept"]["digest"] == before.digest
    assert [p["platform"] for p in found["platforms"]] == ["linux/amd64", "linux/arm64"]
