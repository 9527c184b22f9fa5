"""Stopped at any moment: no name points at anything unfinished, and the next run succeeds."""

from __future__ import annotations

import gc
import io
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import pytest
from tests.e2e.conftest import Base, Shape, names, to_registry
from tests.support import requires
from tests.support.engine import Engine, running_engine
from tests.support.images import Recipe, layout
from tests.support.program import MINIATURE_HOOK, ksimage, start
from tests.support.registry import RunningRegistry
from tests.support.rootfs import ARCHITECTURE

from ksimage.locations import access, spec, transfer
from ksimage.locations.docker import engine
from ksimage.locations.docker.daemon import DaemonTarget

pytestmark = pytest.mark.e2e

RESULT = "kubesphere/ks-installer:v3.3.2-debug"
MOMENTS = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Seconds after a build has said what it is going to do."""
PATIENCE = 30.0
"""Seconds for the engine to notice that nobody waits for a build any more."""
ENDS = (0, 130, -signal.SIGINT)
"""Done, interrupted, or interrupted when all was done and Python itself was ending."""


def stopped(
    moment: float, how: signal.Signals, *arguments: str, cwd: Path, env: dict[str, str | None]
) -> int:
    """Start a build, send it a signal at a moment; its exit code."""
    process = start("build", "v3.3.2", "--verbose", *arguments, cwd=cwd, env=env)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if line.startswith("result "):
                break
        time.sleep(moment)
        process.send_signal(how)
        process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    return process.returncode


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A base that takes a second or so to copy."""
    path = tmp_path_factory.mktemp("large") / "base"
    recipe = Recipe(
        hook=MINIATURE_HOOK.read_bytes(),
        architecture=ARCHITECTURE,
        padding=96 << 20,
        compression="none",
        family="oci",
    )
    return Base(path, layout(path, recipe))


def exists(reference: str) -> bool:
    """Whether a registry has the tag, and skopeo can read all of what it names."""
    command = [requires.program("skopeo"), "inspect", "--tls-verify=false", f"docker://{reference}"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0 or "manifest unknown" in run.stderr, run.stderr
    return run.returncode == 0


def eventually_gone(engine: Engine) -> str:
    """The containers that are still there after a while: a slow engine tidies up slowly."""
    deadline = time.monotonic() + PATIENCE
    while left := engine.docker("ps", "--all", "--quiet"):
        if time.monotonic() > deadline:
            return left
        time.sleep(0.1)
    return ""


def test_interrupt_while_writing_a_file(large: Base, tmp_path: Path) -> None:
    codes = []
    for moment in MOMENTS:
        work = tmp_path / str(moment)
        work.mkdir()
        code = stopped(moment, signal.SIGINT, "--from", large.location, cwd=work, env={})
        codes.append(code)
        assert code in ENDS
        left = [path.name for path in work.iterdir()]
        if left:  # stopped after the file got its name, if at all: it is whole
            assert left == ["ks-installer-v3.3.2-debug.tar"]
            archive = f"docker-archive:{left[0]}"
            ksimage("verify", archive, "--base", large.location, cwd=work).ok()
            break
        assert code == 130
    assert codes[0] == 130


def test_kill_while_writing_a_layout(large: Base, tmp_path: Path) -> None:
    arguments = ("--from", large.location, "--to", "oci:out:x")
    codes = []
    for moment in MOMENTS:
        code = stopped(moment, signal.SIGKILL, *arguments, cwd=tmp_path, env={})
        codes.append(code)
        index = tmp_path / "out" / "index.json"
        if code == 0:
            break
        assert code == -signal.SIGKILL
        if index.exists() and b'"x"' in index.read_bytes():
            # named already: then it is whole
            break
    assert -signal.SIGKILL in codes
    ksimage("build", "v3.3.2", "--verbose", *arguments, cwd=tmp_path).ok()
    ksimage("verify", "oci:out:x", "--base", large.location, cwd=tmp_path).ok()


def test_interrupt_while_pushing(large: Base, registry: RunningRegistry, tmp_path: Path) -> None:
    # killing: tests/e2e/test_kill.py
    repository = f"{registry.address}/stopped/ks-installer"
    codes = []
    for number, moment in enumerate(MOMENTS):
        # a repository of its own each time: what is there already is not sent again
        target = f"{repository}-{number}:v3.3.2-debug"
        arguments = ("--from", large.location, "--to", target)
        code = stopped(moment, signal.SIGINT, *arguments, cwd=tmp_path, env={})
        codes.append(code)
        if code == 0:
            break
        if exists(target):  # stopped after its name was given: nothing may be missing
            ksimage("verify", target, "--base", large.location, cwd=tmp_path).ok()
        elif number == 3:  # and a later run takes over
            ksimage("build", "v3.3.2", "--verbose", *arguments, cwd=tmp_path).ok()
            ksimage("verify", target, "--base", large.location, cwd=tmp_path).ok()
    assert codes[0] != 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("source", ["layout", "registry"])
def test_interrupt_while_the_engine_builds(
    runnable_base: Callable[[Shape], Base],
    registry: RunningRegistry,
    clean_engine: Engine,
    tmp_path: Path,
    source: str,
) -> None:
    base = runnable_base("add")
    origin, result = base.location, RESULT
    if source == "registry":
        origin = to_registry(base, registry, "interrupted")
        result = f"{origin}:v3.3.2-debug"
    env: dict[str, str | None] = {"DOCKER_HOST": clean_engine.host}
    arguments = ("--from", origin, "--engine", "docker")
    before = names(clean_engine)
    codes = []
    for moment in MOMENTS:
        code = stopped(moment, signal.SIGINT, *arguments, cwd=tmp_path, env=env)
        codes.append(code)
        assert code in ENDS
        # ours is gone before the program ends; the builder's own go when it has noticed
        assert clean_engine.docker("ps", "--all", "--quiet", "--filter=name=ksimage-") == ""
        assert eventually_gone(clean_engine) == ""
        added = names(clean_engine) - before
        if added:
            assert added == {result}
            break
        assert code == 130
    assert codes[0] == 130
    assert list(tmp_path.iterdir()) == []
    ksimage("build", "v3.3.2", "--verbose", *arguments, cwd=tmp_path, env=env).ok()
    proven = ("verify", f"docker-daemon:{result}", "--base", base.location)
    verified = ksimage(*proven, cwd=tmp_path, env=env).ok()
    assert result in verified.reference


def test_what_the_engine_names_after_an_interrupt_is_waited_for(
    runnable_base: Callable[[Shape], Base],
    clean_engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its answer comes late: it has the whole archive, and nobody listens any more."""
    monkeypatch.setenv("DOCKER_HOST", clean_engine.host)
    name = "interrupted/late:1"
    client = engine.connect("image")
    load = client.api.load_image

    def late(archive: BinaryIO) -> Iterator[object]:
        data = archive.read()
        threading.Timer(0.7, lambda: list(load(io.BytesIO(data)))).start()
        raise KeyboardInterrupt

    monkeypatch.setattr(client.api, "load_image", late)
    source = access.open_source(spec.parse(runnable_base("add").location))
    target = DaemonTarget(name, client=client)
    with closing(client), closing(source), closing(target):
        with pytest.raises(KeyboardInterrupt):
            transfer.copy(source, target)
        assert name in names(clean_engine)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the SDK leaves a socket open
def test_an_engine_that_is_gone_is_not_what_an_interrupt_says(
    runnable_base: Callable[[Shape], Base], monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_engine() as own:
        monkeypatch.setenv("DOCKER_HOST", own.host)
        client = engine.connect("image")

        def killed(archive: BinaryIO) -> Iterator[object]:
            archive.read()
            os.kill(own.pid, signal.SIGKILL)
            raise KeyboardInterrupt

        monkeypatch.setattr(client.api, "load_image", killed)
        source = access.open_source(spec.parse(runnable_base("add").location))
        target = DaemonTarget("interrupted/gone:1", client=client)
        with closing(client), closing(source), closing(target), pytest.raises(KeyboardInterrupt):
            transfer.copy(source, target)
        gc.collect()  # while that is ignored
