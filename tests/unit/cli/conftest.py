"""Commands run in this process, in an empty folder, with an environment that says nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support import derived, requires
from tests.support.program import Finished, environment

from ksimage.cli.app import app

Run = Callable[..., Finished]

_OF_CI = ("GITHUB_", "GITLAB_", "CI_", "CI")
_OF_PEOPLE = ("VISUAL", "EDITOR", "DEBFULLNAME", "GIT_", "KS_INSTALLER_REPO")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """``run("build", "v3.3.2")`` in the test's folder, with what stands on both streams."""
    for name in os.environ:
        if name.startswith((*_OF_CI, *_OF_PEOPLE)) or name not in environment():
            monkeypatch.delenv(name)
    monkeypatch.setenv("DOCKER_HOST", environment()["DOCKER_HOST"])
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Finished:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            app.main(list(arguments), prog_name="ksimage")
        code = ended.value.code
        assert isinstance(code, int)
        return Finished(code, *capfd.readouterr())

    return run


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image that passes for any release: the miniature hook, one platform."""
    return derived.base(tmp_path_factory.mktemp("base") / "image")


BROKEN = derived.HOOK.replace(b"quiet=True", b"quiet=QUIET")
"""A hook to which ``unquiet`` cannot apply."""
PYTHON2 = derived.HOOK.replace(b"#!/usr/bin/env python3", b"#!/usr/bin/env python", 1)


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository like kubesphere/ks-installer's.

    v3.3.2 and v3.0.0 have the miniature hook, v3.4.0 a hook without a controller, v3.4.1 one that
    was changed, and the branch v2.1.1, as origin's, one for Python 2.
    """
    requires.program("git")
    path = tmp_path_factory.mktemp("clone") / "ks-installer"
    path.mkdir()

    def git(*words: str) -> None:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *words]
        subprocess.run(command, cwd=path, check=True, capture_output=True)

    def commit(hook: bytes | None) -> None:
        file = path / "controller" / "installRunner.py"
        file.parent.mkdir(exist_ok=True)
        (path / "README.md").write_text("x")
        file.unlink(missing_ok=True)
        if hook is not None:
            file.write_bytes(hook)
        git("add", "--all")
        git("commit", "-q", "--allow-empty", "-m", "x")

    git("init", "-q", "-b", "master")
    commit(PYTHON2)
    git("update-ref", "refs/remotes/origin/v2.1.1", "HEAD")
    commit(derived.HOOK)
    git("tag", "v3.0.0")
    git("tag", "v3.3.2")
    commit(BROKEN)
    git("tag", "v3.4.1")
    commit(None)
    git("tag", "v3.4.0")
    return path
