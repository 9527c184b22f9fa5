"""The advice of each error, executed as it stands: the same error must not come back."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ksimage.cli.output.terminal import Terminal
from ksimage.errors import KsimageError
from tests.advice import reading
from tests.advice.missing import FAMILIES, NOT_MET
from tests.advice.reading import Step
from tests.advice.situation import PROJECT, Situation, Words, place
from tests.advice.situations import SITUATIONS
from tests.support import requires
from tests.support.exit_code_page import errors, kind
from tests.support.registry import close_sessions
from tests.unit.cli.conftest import Run

ANYWHERE = ("docs/", "docker version", "usermod")
"""Advice that leads out of ksimage, wherever it stands."""
_NO_COMMAND = re.compile(
    r"unknown (?:shorthand )?(?:flag|command|option)|not found|unrecognized", re.IGNORECASE
)
_USAGE = (1, 2)


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
        f"\n{len(known)} errors, {len(met)} of them met in {len(SITUATIONS)} situations,"
        f" {len(set(FAMILIES) - met)} are names of families, {len(NOT_MET)} cannot be met here;"
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


@pytest.fixture
def prepared(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Situation], Words]:
    """Prepares the same folder each time: paths stand in advice."""

    def prepare(situation: Situation) -> Words:
        folder = tmp_path / "work"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        monkeypatch.chdir(folder)
        return situation.prepare(folder)

    return prepare


@pytest.mark.timeout(900)  # with the wait for tests that disturb the cluster
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda s: f"{s.kind}-{s.name}")
def test_advice(
    situation: Situation,
    run: Run,
    prepared: Callable[[Situation], Words],
    errors_told: list[Told],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    place.env, place.login = monkeypatch, ("", "")
    if situation.needs:
        place.running = request.getfixturevalue(situation.needs)
    if situation.registry:
        address = request.getfixturevalue("registry").address
        monkeypatch.setenv(PROJECT, f"{address}/advice-{situation.name.replace('_', '-')}")
    typed = prepared(situation)
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
        assert prepared(situation) == typed
        if situation.after:
            run(*typed)
        step = reading.read(line, typed, situation.places)
        assert step is not None, f"neither a command nor a known sentence: {line!r}"
        follow(step, line, typed, situation, run, errors_told)
        if situation.cured:
            assert run(*typed).code == 0, f"after {line!r} the same command still fails"
        executed += 1
    COUNTED[situation.name] = Count(executed, sentences)


def follow(
    step: Step, line: str, typed: Words, situation: Situation, run: Run, told: list[Told]
) -> None:
    """Do what a line says, and see that the error does not come back."""
    if step.shell:
        shell(step)
    if step.login:
        log_in(step.login)
    if step.looks:
        return
    if step.again:
        run(*typed)
    if situation.edit and "edit it" in line and not step.into:
        situation.edit(Path.cwd())
    words = step.words or typed
    if "--password-stdin" in words:
        typed_in = io.TextIOWrapper(io.BytesIO(f"{place.login[1]}\n".encode()))
        place.env.setattr("sys.stdin", typed_in)
        words = tuple(place.login[0] if word == "USER" else word for word in words)
    told.clear()
    close_sessions()  # another process would know of none
    done = run(*words)
    again = [error.kind for error in told]
    assert again != [situation.kind], f"{line!r} as {words}: {done.stderr}"
    assert done.code not in _USAGE, f"{line!r} as {words}: {done.stderr}"
    if step.into:
        assert done.code == 0, done.stderr
        Path(step.into).write_text(done.stdout)
    if step.then:
        assert situation.edit
        situation.edit(Path.cwd())
        told.clear()
        done = run(*typed, *step.then)
        assert [error.kind for error in told] != [situation.kind], done.stderr


def shell(step: Step) -> None:
    """Run a line; what it sets or unsets holds for the commands after it."""
    word, _, rest = step.shell.partition(" ")
    if word == "unset":
        place.env.delenv(rest)
    elif word == "export":
        name, _, value = rest.partition("=")
        done = subprocess.run(["sh", "-c", f"printf %s {value}"], capture_output=True, text=True)
        place.env.setenv(name, done.stdout)
        place.env.setattr(tempfile, "tempdir", None)  # another process would look at TMPDIR anew
    else:
        requires.program(word)
        done = subprocess.run(["sh", "-c", step.shell], capture_output=True, text=True)
        assert step.looks or done.returncode == 0, done.stderr
        assert not _NO_COMMAND.search(done.stderr), done.stderr


def log_in(host: str) -> None:
    """What `docker login` does, by the program that needs no engine for it."""
    name, password = place.login
    skopeo = requires.program("skopeo")
    file = os.environ.get("REGISTRY_AUTH_FILE") or f"{os.environ['DOCKER_CONFIG']}/config.json"
    command = [skopeo, "login", f"--authfile={file}", "--tls-verify=false", f"-u{name}",
               "--password-stdin", host]  # fmt: skip
    environment = {
        k: v for k, v in os.environ.items() if k not in ("REGISTRY_AUTH_FILE", "HTTPS_PROXY")
    }
    subprocess.run(command, input=password, text=True, check=True, env=environment)


def test_every_situation_has_a_name_of_its_own() -> None:
    names = [situation.name for situation in SITUATIONS]
    assert len(set(names)) == len(names)
    assert {situation.kind for situation in SITUATIONS} <= {kind(error) for error in errors()}


def test_every_error_is_met_or_has_a_reason() -> None:
    met = {situation.kind for situation in SITUATIONS}
    known = {kind(error) for error in errors()}
    assert known == met | set(FAMILIES) | set(NOT_MET)
    assert not met & set(NOT_MET), "what is met needs no reason"
