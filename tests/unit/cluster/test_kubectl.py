"""The seam, against programs that stand at kubectl's place and do what kubectl has been seen to."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ksimage.cluster.kubectl import (
    Command,
    Kubectl,
    KubectlOptions,
    parse_object,
    shown,
)
from ksimage.errors import (
    ClusterAnswerCut,
    ClusterMissing,
    ClusterRefused,
    ClusterSlow,
    KubectlMissing,
    KubectlOld,
)


def program(folder: Path, code: str) -> Kubectl:
    path = folder / "kubectl"
    path.write_text(f"#!{sys.executable}\nimport json, sys, time\n{code}\n")
    path.chmod(0o755)
    return Kubectl(KubectlOptions(program=str(path), timeout=20))


def test_words_are_handed_over_as_they_are(tmp_path: Path) -> None:
    kubectl = program(tmp_path, "print(json.dumps({'words': sys.argv[1:]}))")
    hostile = "$(touch /tmp/x); '\"\n"
    found = kubectl.get_json("get", "pods", hostile)
    assert found["words"] == [
        "--namespace=kubesphere-system", "--request-timeout=20s", "get", "pods", hostile,
        "--output=json",
    ]  # fmt: skip


def test_where_and_as_whom_come_first() -> None:
    options = KubectlOptions("k", "/a b/config", "ctx", "ns", 3.5)
    kubectl = Kubectl(options)
    assert kubectl.argv("get") == [
        "k", "--kubeconfig=/a b/config", "--context=ctx", "--namespace=ns",
        "--request-timeout=3.5s", "get",
    ]  # fmt: skip
    assert kubectl.exec_argv("p", "sh", "-c", "x", stdin=True) == [
        "k", "--kubeconfig=/a b/config", "--context=ctx", "--namespace=ns",
        "exec", "-i", "p", "--container=installer", "--", "sh", "-c", "x",
    ]  # fmt: skip


@pytest.mark.parametrize("printed", ["", "{", '{"a": 1', "[]", "null", "{}{}", '{"a": NaN'])
def test_status_0_and_an_answer_that_is_not_whole(tmp_path: Path, printed: str) -> None:
    kubectl = program(tmp_path, f"sys.stdout.write({printed!r})")
    with pytest.raises(ClusterAnswerCut):
        kubectl.get_json("get", "pods")


def test_a_list_must_be_one() -> None:
    with pytest.raises(ClusterAnswerCut):
        parse_object(b"[" * 100_000, "kubectl")


def test_items(tmp_path: Path) -> None:
    with pytest.raises(ClusterAnswerCut):
        program(tmp_path, "print(json.dumps({'items': 7}))").get_items("pods")


def test_one_that_does_not_end(tmp_path: Path) -> None:
    kubectl = program(tmp_path, "time.sleep(60)")
    with pytest.raises(ClusterSlow):
        kubectl.run(["get"], timeout=0.3)


def test_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KubectlMissing):
        Kubectl(KubectlOptions(program=str(tmp_path / "none"))).run(["get"])
    (tmp_path / "none").write_text("no program")
    with pytest.raises(KubectlMissing):
        Kubectl(KubectlOptions(program=str(tmp_path / "none"))).run(["get"])
    (tmp_path / "none").chmod(0o755)
    with pytest.raises(KubectlMissing):
        Kubectl(KubectlOptions(program=str(tmp_path / "none"))).run(["get"])


def test_an_old_one(tmp_path: Path) -> None:
    answer = {"clientVersion": {"gitVersion": "v1.14.9"}}
    with pytest.raises(KubectlOld):
        program(tmp_path, f"print({json.dumps(answer)!r})").versions()


def test_versions(tmp_path: Path) -> None:
    answer = {
        "clientVersion": {"gitVersion": "v1.32.4-dispatcher"},
        "serverVersion": {"gitVersion": "v1.20.2"},
    }
    found = program(tmp_path, f"print({json.dumps(answer)!r})").versions()
    assert found == ("v1.32.4-dispatcher", "v1.20.2")


def test_its_words_decide(tmp_path: Path) -> None:
    code = "sys.stderr.write('Error from server (NotFound): pods \"x\" not found'); sys.exit(1)"
    with pytest.raises(ClusterMissing):
        program(tmp_path, code).run(["get"])
    with pytest.raises(ClusterRefused) as caught:
        program(tmp_path, "sys.exit(3)").run(["get"])
    assert "status 3" in caught.value.why


def test_stdin_is_handed_over_and_never_the_terminal(tmp_path: Path) -> None:
    echo = "sys.stdout.buffer.write(sys.stdin.buffer.read())"
    kubectl = program(tmp_path, echo)
    assert kubectl.run(["x"], input=b"\0\xff").stdout == b"\0\xff"
    assert kubectl.run(["x"]).stdout == b""


def test_what_is_shown_can_be_typed_and_moves_no_cursor() -> None:
    assert shown(["kubectl", "a b", "\x1b[2J"]) == "kubectl 'a b' '\\x1b[2J'"


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
