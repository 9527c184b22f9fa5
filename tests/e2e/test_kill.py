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
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from tests.support.images import Recipe, layout
from tests.support.program import MINIATURE_HOOK, ksimage, start
from tests.support.registry import RunningRegistry
from tests.support.relay import Relay

from ksimage.locations import access, spec, transfer

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

    def settle(self) -> None:
        """Wait until the registry has got all that a killed process had sent."""
        assert self.slow.idle(20), "the relay is still at work"

    def _complete(self, repository: str, document: dict[str, Any]) -> None:
        for entry in document.get("manifests", []):
            found = self._get(repository, "manifests", entry["digest"])
            assert found is not None, f"{entry['digest']} is missing"
            self._complete(repository, found[1])
        blobs = [document["config"], *document["layers"]] if "config" in document else []
        for entry in blobs:
            blob = self._ask("HEAD", f"{repository}/blobs/{entry['digest']}")
            assert blob is not None, f"{entry['digest']} is missing"
            assert blob[0]["Content-Length"] == str(entry["size"])

    def _get(self, repository: str, kind: str, what: str) -> tuple[str, dict[str, Any]] | None:
        found = self._ask("GET", f"{repository}/{kind}/{what}")
        if found is None:
            return None
        return found[0]["Docker-Content-Digest"], json.loads(found[1])

    def _ask(self, method: str, path: str) -> tuple[Message, bytes] | None:
        """Headers and body, or None where there is no such thing.

        docker-registry writes a tag in place: whoever reads it just then is told of an unknown
        error. A killed process's last request may still be under way, so that is asked again.
        """
        deadline = time.monotonic() + 2
        while True:
            with closing(HTTPConnection(self.registry.address, timeout=20)) as connection:
                connection.request(method, f"/v2/{path}", headers={"Accept": ACCEPT})
                answer = connection.getresponse()
                body = answer.read()
            if answer.status < 500 or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        assert answer.status in (200, 404), f"{method} {path}: {answer.status} {body!r}"
        return (answer.headers, body) if answer.status == 200 else None


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


@dataclass(frozen=True)
class Run:
    """One run of ksimage: seconds from where the plan stood to its end, and what it said."""

    seconds: float
    code: int
    said: str

    @property
    def tail(self) -> str:
        """The last of what it said, for failures."""
        return "\n".join(["…", *self.said.splitlines()[-12:], f"exit code {self.code}"])


def push(source: str, target: str, cwd: Path, *, kill_after: float | None = None) -> Run:
    """Build to a target; killed that many seconds after the plan stands, or else successful."""
    process = start("build", source, "--verbose", "--to", target, "--replace", cwd=cwd)
    assert process.stderr is not None
    try:
        said = ""
        for line in process.stderr:
            said += line
            if line.startswith("result "):
                break
        began = time.monotonic()
        if kill_after is not None:
            time.sleep(kill_after)
            process.kill()
        out, errors = process.communicate(timeout=60)
        run = Run(time.monotonic() - began, process.returncode, said + errors + out)
        assert kill_after is not None or run.code == 0, run.tail
        return run
    finally:
        process.kill()
        process.wait()


def put(source: str, target: str) -> None:
    """Put an image of somebody else under a name."""
    opened, place = access.open_source(spec.parse(source)), access.open_target(spec.parse(target))
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
    seconds = push(new, place.target(f"kill/{kind}/whole"), place.folder).seconds
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
        run = push(new, place.target(repository), place.folder, kill_after=moment)
        place.settle()
        held, kept = place.whole(repository), place.whole(repository, "debug-orig")
        about = (
            f"number {number}, killed after {moment:.3f} s of {seconds:.3f}: the tag held {held},"
            f" -orig {kept}; the old image is {was}, the new one {after}\n{run.tail}"
        )
        assert held in (was, after), about
        assert kept in (None, was), about
        assert held != after or kept == was, f"replaced before it was kept: {about}"
        moved.append(held == after)
        again = push(new, place.fast(repository), place.folder)
        held, kept = place.whole(repository), place.whole(repository, "debug-orig")
        assert (held, kept) == (after, was), f"{about}\nthe next run:\n{again.tail}"
    assert not all(moved), f"no moment of {seconds:.3f} s was before the tag moved"


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
