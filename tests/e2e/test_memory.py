"""However large the layers are, a build's memory stays what it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.e2e.conftest import Base, to_registry
from tests.support import kubekey
from tests.support.images import Entry, Recipe, Step, layout
from tests.support.measure import Measured, measure
from tests.support.program import COMMAND, MINIATURE_HOOK, environment, ksimage
from tests.support.registry import RunningRegistry, start_registry, stop_registry

pytestmark = pytest.mark.e2e

MEBIBYTE = 1 << 20
LARGE = 320 * MEBIBYTE
LIMIT = 80  # MiB of resident memory, the interpreter included


@dataclass(frozen=True)
class Large(Recipe):
    """The hook's own layer is LARGE, and other layers go over at the same time."""

    def steps(self) -> list[Step]:
        return [
            replace(step, entries=tuple(self._padded(e) for e in step.entries or ()))
            if "chown" in step.created_by
            else step
            for step in super().steps()
        ]

    def _padded(self, entry: Entry) -> Entry:
        return replace(entry, padding=LARGE) if entry.path == "shell-operator" else entry


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A repository in a registry of its own; its v3.3.2 has more than 400 MiB."""
    folder = tmp_path_factory.mktemp("memory")
    recipe = Large(
        hook=MINIATURE_HOOK.read_bytes(),
        padding=48 * MEBIBYTE,
        compression="none",
        files=tuple(
            Entry(f"kubesphere/{place}/large", padding=16 * MEBIBYTE)
            for place in ("installer/roles", "results/env", "playbooks")
        ),
    )
    made = Base(folder / "base", layout(folder / "base", recipe))
    running = start_registry(folder / "registry")
    try:
        yield to_registry(made, running, "kubesphere")
    finally:
        stop_registry(running)


def build(base: str, *arguments: str, cwd: Path) -> Measured:
    """A whole ``ksimage build``, measured."""
    command = [*COMMAND, "build", f"{base}:v3.3.2", "--verbose", *arguments]
    run = measure(command, env=environment(), cwd=cwd).ok()
    print(f"{' '.join(arguments)}: {run.rss:.0f} MiB")
    return run


def test_to_another_registry(base: str, registry: RunningRegistry, tmp_path: Path) -> None:
    target = f"{registry.address}/memory/ks-installer:v3.3.2-debug"
    run = build(base, "--to", target, cwd=tmp_path)
    assert run.rss <= LIMIT
    assert run.stdout.startswith(target)
    ksimage("verify", target, "--base", f"{base}:v3.3.2", cwd=tmp_path).ok()


def test_into_an_archive(base: str, tmp_path: Path) -> None:
    run = build(base, "--to", "oci-archive:patched.tar", cwd=tmp_path)
    assert run.rss <= LIMIT
    assert (tmp_path / "patched.tar").stat().st_size > LARGE
    (tmp_path / "patched.tar").unlink()


def test_from_an_archive(base: str, tmp_path: Path) -> None:
    build(base, "--to", "docker-archive:patched.tar", cwd=tmp_path)
    command = [*COMMAND, "verify", "docker-archive:patched.tar", "--base", f"{base}:v3.3.2"]
    run = measure(command, env=environment(), cwd=tmp_path).ok()
    (tmp_path / "patched.tar").unlink()
    assert run.rss <= LIMIT


def test_the_measure_itself(tmp_path: Path) -> None:
    """It sees what a child takes, whatever this process has."""
    child = [*COMMAND[:1], "-c", f"x = bytearray({LIMIT * MEBIBYTE})"]
    assert LIMIT < measure(child).rss < LIMIT + 40


def test_an_artifact_of_kk(tmp_path: Path) -> None:
    recipe = Recipe(padding=LARGE // 14)
    folder = kubekey.folder(tmp_path / "kubekey", platforms=["amd64"], recipe=recipe)
    artifact = kubekey.artifact(folder, tmp_path / "artifact.tar.gz")
    assert artifact.stat().st_size > LIMIT * MEBIBYTE
    build = ("build", "v3.3.2", "--from", f"kubekey:{artifact}", "--tag", "v3.3.2", "--to")
    command = [*COMMAND, *build, "kubekey:patched.tar.gz"]
    run = measure(command, env=environment(), cwd=tmp_path).ok()
    print(f"an artifact: {run.rss:.0f} MiB")
    assert run.rss <= LIMIT
    assert (tmp_path / "patched.tar.gz").stat().st_size > LIMIT * MEBIBYTE
