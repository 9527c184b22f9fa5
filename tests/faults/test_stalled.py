"""Ctrl-C while a registry says nothing: the program ends at once, whatever its threads wait for."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.scripted import Reply, Request, ScriptedRegistry
from tests.support.blobs import noise
from tests.support.images import HOOK, ImageStore, Recipe, layout
from tests.support.program import start

SOON = 3.0
"""Seconds; it takes half of one where the machine has time."""

Answer = Callable[[Request], Reply]


class Silence:
    """Answers that do not come before the test is over."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self._begun = threading.Semaphore(0)

    def last(self) -> None:
        self._begun.release()
        self.over.wait(60)

    def reply(self, _: Request) -> Reply:
        self.last()
        return Reply(cut=-1)

    def begun(self, times: int) -> None:
        """Wait until so many answers are waited for, and the client waits as well."""
        for _ in range(times):
            assert self._begun.acquire(timeout=60)
        time.sleep(0.2)


@pytest.fixture
def silence(script: ScriptedRegistry) -> Iterator[Silence]:
    found = Silence()
    yield found  # and it ends before the registry, which would wait for it
    found.over.set()


def interrupted(*arguments: str, cwd: Path, after: Callable[[], None]) -> str:
    """Start ksimage, press Ctrl-C after ``after``; what stderr then got."""
    process = start(*arguments, cwd=cwd)
    try:
        after()
        assert process.poll() is None, process.communicate()
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
        took = time.monotonic() - pressed
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130, stderr
    assert "interrupted: " in stderr
    assert "Traceback" not in stderr
    assert "Exception ignored" not in stderr
    assert stdout == ""
    assert took < SOON
    return stderr


def offer(
    script: ScriptedRegistry, path: Path, layer: Callable[[], object], *recipes: Recipe
) -> None:
    """Have the registry hold an image; ``layer`` is called in the middle of each layer."""
    top = layout(path, *recipes)
    store = ImageStore(path)

    def manifest(request: Request) -> Reply:
        what = request.path.rpartition("/")[2]
        data = store.read(what if ":" in what else top)
        return Reply(200, data, {"Content-Type": json.loads(data)["mediaType"]})

    def blob(request: Request) -> Reply:
        data = store.read(request.path.rpartition("/")[2])
        return Reply(200, data, halfway=None if data.startswith(b"{") else layer)

    script.on("GET", "p/ks-installer/manifests/.*", manifest, times=None)
    script.on("GET", "p/ks-installer/blobs/.*", blob, times=None)


def destination(script: ScriptedRegistry, put: Reply | Answer) -> str:
    """A repository that has nothing yet; ``put`` answers for its uploads."""
    script.on("HEAD", "p/ks-installer/.*", 404, times=None)
    script.on("GET", "p/ks-installer/manifests/.*", 404, times=None)
    script.on("POST", "p/ks-installer/blobs/uploads/", 202, times=None, Location="/v2/up/1")
    script.on("PUT", "up/1", put, times=None)
    return f"{script.address}/p/ks-installer:x"


def test_ctrl_c_while_an_upload_gets_no_answer(
    script: ScriptedRegistry, silence: Silence, tmp_path: Path
) -> None:
    layout(tmp_path / "in", Recipe())
    to = destination(script, silence.reply)
    interrupted("push", "oci:in", "--to", to, cwd=tmp_path, after=lambda: silence.begun(4))
    assert not script.asked("PUT", "p/ks-installer/manifests/.*")


def test_ctrl_c_while_nobody_reads_an_upload(
    script: ScriptedRegistry, silence: Silence, tmp_path: Path
) -> None:
    layout(tmp_path / "in", Recipe(padding=16 << 20))
    to = destination(script, Reply(201, b"{}", early=True, halfway=silence.last))
    interrupted("push", "oci:in", "--to", to, cwd=tmp_path, after=lambda: silence.begun(4))
    assert not script.asked("PUT", "p/ks-installer/manifests/.*")


def test_ctrl_c_while_layers_stop_arriving(
    script: ScriptedRegistry, silence: Silence, tmp_path: Path
) -> None:
    """Two platforms, each read, unpacked and searched in threads of their own."""
    recipes = [
        Recipe(shape="add", hook=HOOK + noise(1 << 20, seed), architecture=name)
        for seed, name in enumerate(("amd64", "arm64"))
    ]
    offer(script, tmp_path / "in", silence.last, *recipes)
    source = f"{script.address}/p"
    interrupted(
        "build", "v3.3.2", "--from", source, "--to", "oci:out",
        cwd=tmp_path, after=lambda: silence.begun(2),
    )  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_ctrl_c_while_several_builds_hear_nothing(
    script: ScriptedRegistry, silence: Silence, tmp_path: Path
) -> None:
    offer(script, tmp_path / "in", silence.last, Recipe())
    source = f"{script.address}/p"
    interrupted(
        "build", "v3.3.0", "v3.3.2", "--from", source, "--to", "oci:out",
        cwd=tmp_path, after=lambda: silence.begun(2),
    )  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_ctrl_c_while_a_check_hears_nothing(
    script: ScriptedRegistry, silence: Silence, tmp_path: Path
) -> None:
    script.on("GET", "p/ks-installer/manifests/.*", silence.reply, times=None)
    names = ("v3.3.0", "v3.3.2", "--from", f"{script.address}/p", "--target", f"{script.address}/q")
    interrupted("check", *names, cwd=tmp_path, after=lambda: silence.begun(2))


def test_ctrl_c_while_waiting_to_try_again(script: ScriptedRegistry, tmp_path: Path) -> None:
    script.on("GET", "p/ks-installer/manifests/.*", 503, times=None, Retry_After="60")

    def asked() -> None:
        while len(script.asked("GET")) < 2:
            time.sleep(0.02)
        time.sleep(0.2)

    names = ("v3.3.0", "v3.3.2", "--from", f"{script.address}/p", "--target", f"{script.address}/q")
    interrupted("check", *names, cwd=tmp_path, after=asked)
    assert len(script.asked("GET")) == 2


def test_ctrl_c_near_the_end_of_a_blob(
    script: ScriptedRegistry, silence: Silence, tmp_path: Path
) -> None:
    """The rest of a short answer is read to keep the connection, but not now."""
    offer(script, tmp_path / "in", silence.last, Recipe())
    arguments = ("build", "v3.3.2", "--from", f"{script.address}/p", "--to", "oci:out")
    interrupted(*arguments, cwd=tmp_path, after=lambda: silence.begun(1))
