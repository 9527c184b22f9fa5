"""The advice of each error, executed as it stands: the same error must not come back."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ksimage.cli.output.terminal import Terminal
from ksimage.errors import KsimageError
from tests.advice import reading
from tests.advice.situations import PROJECT, SITUATIONS, Situation
from tests.support.exit_code_page import errors, kind
from tests.unit.cli.conftest import Run

ANYWHERE = ("docs/", "docker version", "usermod")
"""Advice that leads out of ksimage, wherever it stands."""


class Count(NamedTuple):
    executed: int
    sentences: int


COUNTED: dict[str, Count] = {}


@pytest.fixture(scope="module", autouse=True)
def told() -> Iterator[None]:
    """Print the figures at the end."""
    yield
    known = [kind(error) for error in errors()]
    met = {situation.kind for situation in SITUATIONS}
    executed = sum(count.executed for count in COUNTED.values())
    sentences = sum(count.sentences for count in COUNTED.values())
    print(
        f"\n{len(known)} errors, {len(met)} of them met in {len(SITUATIONS)} situations;"
        f" {executed} advices executed, {sentences} are sentences for people"
    )


class Told(NamedTuple):
    """An error as it was told."""

    kind: str
    advice: list[str]


@pytest.fixture
def errors_told(monkeypatch: pytest.MonkeyPatch) -> list[Told]:
    """The errors that runs end with, each with its advice as it was shown."""
    found: list[Told] = []
    whole = Terminal.error

    def error(self: Terminal, error: KsimageError) -> None:
        found.append(Told(error.kind, [self.complete(line, "") for line in error.advice]))
        whole(self, error)

    monkeypatch.setattr(Terminal, "error", error)
    return found


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda s: f"{s.kind}-{s.name}")
def test_advice(
    situation: Situation,
    run: Run,
    errors_told: list[Told],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    if situation.registry:
        address = request.getfixturevalue("registry").address
        monkeypatch.setenv(PROJECT, f"{address}/advice-{situation.name.replace('_', '-')}")

    def prepared() -> tuple[str, ...]:
        """The same folder each time: paths stand in advice."""
        folder = tmp_path / "work"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        monkeypatch.chdir(folder)
        return situation.prepare(folder)

    typed = prepared()
    run(*typed)
    (error,) = errors_told
    assert error.kind == situation.kind
    executed = sentences = 0
    for shown in error.advice:
        line = shown
        if any(part in line for part in (*situation.sentences, *ANYWHERE)):
            sentences += 1
            continue
        if situation.registry:
            project = f"{os.environ[PROJECT]}x"
            monkeypatch.setenv(PROJECT, project)
            line = line.replace(project[:-1], project)
            typed = tuple(word.replace(project[:-1], project) for word in typed)
        assert prepared() == typed
        step = reading.read(line, typed, situation.places)
        assert step is not None, f"neither a command nor a known sentence: {line!r}"
        if step.shell:
            subprocess.run(["sh", "-c", step.shell], check=True)
        if not step.looks:
            words = step.words or typed
            errors_told.clear()
            done = run(*words)
            again = [told.kind for told in errors_told]
            assert again != [situation.kind], f"{line!r} as {words}: {done.stderr}"
            assert done.code not in (1, 2), f"{line!r} as {words}: {done.stderr}"
        if situation.cured:
            assert run(*typed).code == 0, f"after {line!r} the same command still fails"
        executed += 1
    COUNTED[situation.name] = Count(executed, sentences)


def test_every_situation_has_a_name_of_its_own() -> None:
    names = [situation.name for situation in SITUATIONS]
    assert len(set(names)) == len(names)
    assert {situation.kind for situation in SITUATIONS} <= {kind(error) for error in errors()}
