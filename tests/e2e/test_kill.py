"""SIGKILL at random moments of a push: the tag holds the old image or the new one, whole.

``tests/faults/test_killed.py`` kills at chosen requests; here the moment is any, and a slow way to
the registry makes most of them fall into the middle of a transfer.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.images import Recipe, layout
from tests.support.program import MINIATURE_HOOK, ksimage, start
from tests.support.registry import RunningRegistry
from tests.support.relay import Relay

from ksimage.locations import spec, transfer

pytestmark = pytest.mark.e2e

SEED = 20221020
MOMENTS = 20
MEBIBYTE = 1 << 20
ACCEPT = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        "docker.distribution.manifest.v2",
        "docker.distribution.manifest.list.v2",
        "oci.image.manifest.v1",
        "oci.image.index.v1",
    )
)


@dataclass(frozen=True)
class Place:
    """Where pushes go: a repository of the registry, reached through a slow relay."""

    registry: RunningRegistry
    slow: Relay
    folder: Path

    def target(self, repository: str) -> str:
        return f"{self.slow.address}/{repository}:debug"

    def fast(self, repository: str) -> str:
        """The same, straight."""
        return f"{self.registry.address}/{repository}:debug"

    def whole(self, repository: str, tag: str = "debug") -> str | None:
        """The digest that a tag holds; everything that the image names must be there."""
        found = self._get(repository, "manifests", tag)
        if found is None:
            return None
        digest, document = found
        self._complete(repository, document)
        return digest

    def _complete(self, repository: str, document: dict[str, Any]) -> None:
        for entry in document.get("manifests", []):
            found = self._get(repository, "manifests", entry["digest"])
            assert found is not None, f"{entry['digest']} is missing"
            self._complete(repository, found[1])
        blobs = [document["config"], *document["layers"]] if "config" in document else []
        for entry in blobs:
            url = f"http://{self.registry.address}/v2/{repository}/blobs/{entry['digest']}"
            with urllib.request.urlopen(urllib.request.Request(url, method="HEAD")) as answer:
                assert answer.headers["Content-Length"] == str(entry["size"])

    def _get(self, repository: str, kind: str, what: str) -> tuple[str, dict[str, Any]] | None:
        url = f"http://{self.registry.address}/v2/{repository}/{kind}/{what}"
        request = urllib.request.Request(url, headers={"Accept": ACCEPT})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.headers["Docker-Content-Digest"], json.load(answer)
        except urllib.error.HTTPError as error:
            error.close()
            assert error.code == 404
            return None


@pytest.fixture
def place(registry: RunningRegistry, tmp_path: Path) -> Iterator[Place]:
    slow = Relay(registry.port, delay=0.002)
    try:
        yield Place(registry, slow, tmp_path)
    finally:
        slow.stop()


def base(folder: Path, *architectures: str, seed: int = 0) -> str:
    """A layout whose image takes a good part of a second to push."""
    path = folder / "-".join((*architectures, str(seed)))
    recipes = [
        Recipe(
            hook=MINIATURE_HOOK.read_bytes(),
            architecture=architecture,
            padding=4 * MEBIBYTE,
            compression="none",
            seed=seed + number,
        )
        for number, architecture in enumerate(architectures)
    ]
    layout(path, *recipes)
    return f"oci:{path}:v3.3.2"


def push(source: str, target: str, cwd: Path, *, kill_after: float | None = None) -> float:
    """Build to a target, killed that long after the plan stands; the seconds from there on."""
    process = start("build", source, "--verbose", "--to", target, "--replace", cwd=cwd)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if line.startswith("result "):
                break
        began = time.monotonic()
        if kill_after is not None:
            time.sleep(kill_after)
            process.kill()
        _, errors = process.communicate(timeout=60)
        if kill_after is None:
            assert process.returncode == 0, errors
        return time.monotonic() - began
    finally:
        process.kill()
        process.wait()


def put(source: str, target: str) -> None:
    """Put an image of somebody else under a name."""
    opened, place = spec.open_source(spec.parse(source)), spec.open_target(spec.parse(target))
    try:
        transfer.copy(opened, place)
    finally:
        opened.close()
        place.close()


@pytest.mark.parametrize("architectures", [("amd64",), ("amd64", "arm64")], ids=["one", "index"])
def test_killed_at_random_moments(place: Place, architectures: tuple[str, ...]) -> None:
    kind = "-".join(architectures)
    chance = random.Random(f"{SEED}/{kind}")
    old, new = (base(place.folder, *architectures, seed=seed) for seed in (10, 20))
    seconds = push(new, place.target(f"kill/{kind}/whole"), place.folder)
    after = place.whole(f"kill/{kind}/whole")
    assert after is not None
    put(old, place.fast(f"kill/{kind}/old"))
    before = place.whole(f"kill/{kind}/old")
    moved = []
    for number in range(MOMENTS // 2):
        repository = f"kill/{kind}/{number}"
        was = None
        if number % 2:  # --replace instead of a fresh tag
            put(old, place.fast(repository))
            was = before
        moment = chance.uniform(0, seconds)
        push(new, place.target(repository), place.folder, kill_after=moment)
        held, kept = place.whole(repository), place.whole(repository, "debug-orig")
        assert held in (was, after), f"{moment:.3f} s of {seconds:.3f}"
        assert kept in (None, was)
        assert held != after or kept == was, "replaced before it was kept"
        moved.append(held == after)
        if not moved[-1] and number % 3 == 0:
            push(new, place.fast(repository), place.folder)
            assert place.whole(repository) == after
            assert place.whole(repository, "debug-orig") == was
    assert not all(moved), "no moment was before the tag moved"


@pytest.mark.parametrize("form", ["oci-archive:new.tar", "docker-archive:new.tar", "oci:new:v1"])
def test_interrupt_leaves_no_half_made_file(place: Place, form: str) -> None:
    source = in_registry(place, "interrupted/base")
    work = place.folder / "work"
    work.mkdir()
    process = start("build", source, "--verbose", "--to", form, cwd=work)
    try:
        wait_until(process, lambda: any(size(path) > MEBIBYTE for path in partial(work)))
        errors = interrupt(process)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert partial(work) == []
    if form.startswith("oci:"):
        # whole blobs may stay, for the next run; no name points at them
        index = work / "new" / "index.json"
        assert not index.exists() or json.loads(index.read_text())["manifests"] == []
    else:
        assert list(work.iterdir()) == []
    place.slow.delay = 0
    ksimage("build", source, "--verbose", "--to", form, cwd=work).ok()
    ksimage("verify", form, "--base", source, cwd=work).ok()


def test_interrupt_leaves_no_tag(place: Place) -> None:
    repository = "interrupted/push"
    source = base(place.folder, "amd64")
    process = start(
        "build", source, "--verbose", "--to", place.target(repository), cwd=place.folder
    )
    try:
        before = place.slow.sent
        wait_until(process, lambda: place.slow.sent > before + MEBIBYTE)
        errors = interrupt(process)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert place.whole(repository) is None
    push(source, place.target(repository), place.folder)
    assert place.whole(repository)


def in_registry(place: Place, repository: str) -> str:
    """A base behind the slow relay: writing it elsewhere takes some seconds."""
    place.slow.delay = 0
    put(base(place.folder, "amd64"), place.fast(repository))
    place.slow.delay = 0.05
    return place.target(repository)


def partial(folder: Path) -> list[Path]:
    """Files in the making."""
    return list(folder.rglob(".ksimage-*"))


def size(path: Path) -> int:
    """Bytes of a file, none when it has just been finished and has another name."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def wait_until(process: subprocess.Popen[str], happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


def interrupt(process: subprocess.Popen[str]) -> str:
    """Ctrl-C; what the process said until its end, which comes soon."""
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=15)
    return errors
