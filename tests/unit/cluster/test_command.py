"""A command that changes the cluster: what is shown is what is run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ksimage.cluster.command import Command, as_command
from ksimage.cluster.kubectl import Kubectl, KubectlOptions


def _kubectl(folder: Path) -> Kubectl:
    path = folder / "kubectl"
    code = "import json, sys\nprint(json.dumps([sys.argv[1:], sys.stdin.read()]))"
    path.write_text(f"#!{sys.executable}\n{code}\n")
    path.chmod(0o755)
    return Kubectl(KubectlOptions(program=str(path)))


def test_words_and_stdin_arrive(tmp_path: Path) -> None:
    words, stdin = json.loads(
        Command(("apply", "-f", "-"), "why", "é\n").run(_kubectl(tmp_path)).text
    )
    assert words[-3:] == ["apply", "-f", "-"]
    assert stdin == "é\n"


def test_without_stdin_nothing_is_read_from_the_terminal(tmp_path: Path) -> None:
    assert json.loads(Command(("get",), "why").run(_kubectl(tmp_path)).text)[1] == ""


def test_a_patch_is_strategic_and_one_word(tmp_path: Path) -> None:
    document = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    command = as_command(document, "stop it")
    assert command.words[:4] == ("patch", "deployment.apps", "ks-installer", "--type=strategic")
    assert json.loads(command.words[4].removeprefix("--patch=")) == document
    assert " " not in command.words[4]
