"""The door of `ksimage rollout` and `status`: what is refused before any cluster is asked."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.support.program import ksimage


def kubectl(folder: Path, text: str, status: int = 1) -> list[str]:
    """A program at kubectl's place that says one thing."""
    path = folder / "kubectl"
    path.write_text(
        f"#!{sys.executable}\nimport sys\nsys.stderr.write({text!r})\nsys.exit({status})\n"
    )
    path.chmod(0o755)
    return ["--kubectl", str(path)]


@pytest.mark.parametrize(
    "words",
    [
        ("--undo", "v3.3.2-debug"),
        ("--undo", "--component", "devops"),
        ("--component", "devops", "v3.3.2-debug"),
        ("--configmap", ".", "v3.3.2-debug"),
    ],
)
def test_one_thing_at_a_time(tmp_path: Path, words: tuple[str, ...]) -> None:
    refused = ksimage("rollout", *words, cwd=tmp_path)
    assert refused.code == 2
    assert "each is a rollout of its own" in refused.stderr


@pytest.mark.parametrize("words", [("--verbosity", "6"), ("--timeout", "0"), ("--way", "up")])
def test_values_that_make_no_sense(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert ksimage("rollout", *words, cwd=tmp_path).code == 2


@pytest.mark.parametrize("command", ["rollout", "status"])
def test_each_failure_of_kubectl_has_its_words(tmp_path: Path, command: str) -> None:
    missing = ksimage(command, "--kubectl", "/nowhere/kubectl", cwd=tmp_path)
    assert missing.code == 16
    assert "kubectl cannot be run" in missing.stderr
    said = (
        "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host?"
    )
    away = ksimage(command, *kubectl(tmp_path, said), cwd=tmp_path)
    assert away.code == 16
    assert "the cluster cannot be reached" in away.stderr
    cut = ksimage(command, *kubectl(tmp_path, "", 0), cwd=tmp_path)
    assert cut.code == 16
    assert "is not whole" in cut.stderr


def test_a_document_has_the_kind_of_the_error(tmp_path: Path) -> None:
    words = ("status", "--output", "json", "--kubectl", "/nowhere/kubectl")
    error = ksimage(*words, cwd=tmp_path).document["error"]
    assert (error["kind"], error["exit_code"]) == ("kubectl-missing", 16)
