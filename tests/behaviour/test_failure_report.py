"""The failure report on damaged trees, on hostile content, and what it hides."""

from __future__ import annotations

import base64
import json
import random
import shutil
import time
import urllib.parse
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.behaviour import trees
from tests.behaviour.hooks import in_process, patched, pristine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.behaviour.installation import Run

HOOK = in_process(patched(pristine(), ["failure-report"]))
# Nothing is to be said at the end of the tests.
HOOK.atexit.unregister(HOOK.repeatFailures)


@pytest.fixture(autouse=True)
def _quiet_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(HOOK.atexit, "register", lambda function: None)
    monkeypatch.setattr(HOOK, "configFile", str(tmp_path / "ks-config.json"))


def _report(artefacts: Path, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    HOOK.reportFailure("openpitrix", str(artefacts))
    return capsys.readouterr().out


def _tasks(report: str) -> list[str]:
    return [line.split("task: ", 1)[1] for line in report.splitlines() if "task: " in line]


@pytest.mark.parametrize("damage", trees.DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_tree_still_names_the_task(
    damage: Callable[[Path], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    artefacts = tmp_path / "openpitrix"
    trees.whole(artefacts)
    damage(artefacts)
    report = _report(artefacts, capsys)
    assert report.startswith("\nTask 'openpitrix' failed:\n")
    assert _tasks(report) == [trees.CAUSE], report
    assert "Planted" not in report
    assert f"Full output: {artefacts}/stdout" in report


def test_damaged_trees_of_a_real_run(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(trees.DAMAGES) >= 20
    for damage in trees.DAMAGES:
        artefacts = tmp_path / damage.__name__
        shutil.copytree(run.artefacts("openpitrix"), artefacts)
        damage(artefacts)
        # The artefact "stdout" has the role's name with the task's.
        (task,) = _tasks(_report(artefacts, capsys))
        assert task.removeprefix("ks-store : ") == trees.CAUSE, damage.__name__


def test_every_failure_is_told_but_not_the_ignored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [
        trees.event(1, "runner_on_failed", "ignored", res={}, ignore_errors=True),
        trees.event(2, "runner_on_unreachable", "reach", host="node2", res={"msg": "no route"}),
        trees.event(
            3, "runner_item_on_failed", "loop", item="b", res={"item": "b", "msg": "bad b"}
        ),
        trees.event(4, "runner_on_failed", "loop", res={"msg": "One or more items failed"}),
        trees.event(5, "runner_on_failed", "last", res="no dictionary"),
    ]
    trees.write(tmp_path, events)
    report = _report(tmp_path, capsys)
    assert _tasks(report) == ["reach", "loop", "last"]
    assert "   host: node2\n" in report
    assert "   msg: no route\n" in report
    assert "   msg of item b: bad b\n" in report
    assert "   msg: no dictionary\n" in report
    assert "1 failures with ignore_errors are not shown." in report


def test_the_report_is_bounded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = {"msg": "m" * 100_000, "stderr": "line of stderr\n" * 100_000}
    names = [f"task {n} " + "t" * 1000 for n in range(200)]
    trees.write(
        tmp_path,
        [trees.event(n, "runner_on_failed", name, res=long) for n, name in enumerate(names)],
    )
    report = _report(tmp_path, capsys)
    assert "200 failures, the last 10 are shown." in report
    assert [task[:8] for task in _tasks(report)] == [f"task {n}" for n in range(190, 200)]
    assert len(report) < 60_000
    assert max(map(len, report.splitlines())) < 2100


def test_control_characters_do_not_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = "\x1b]0;title\x07\x1b[2J\x00\x9b31m\r\nTask 'forged' failed:\n"
    trees.write(tmp_path, [trees.event(1, "runner_on_failed", evil, res={"msg": evil})])
    report = _report(tmp_path, capsys)
    assert not set(report) & {chr(n) for n in (*range(10), *range(11, 32), *range(127, 160))}
    assert [line for line in report.splitlines() if line.startswith("Task '")] == [
        "Task 'openpitrix' failed:"
    ]


def test_a_stdout_that_takes_no_unicode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    import io
    import sys

    trees.write(tmp_path, [trees.event(1, "runner_on_failed", "机密 task", res={"msg": "ü"})])
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    HOOK.reportFailure("openpitrix", str(tmp_path))
    sys.stdout.flush()
    assert rb"\u673a\u5bc6 task" in raw.getvalue()


def test_a_closed_stdout_is_no_exception(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import sys

    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    HOOK.reportFailure("openpitrix", str(tmp_path))
    HOOK.reportFailure(None, None)


# Secrets -------------------------------------------------------------------------------------

SECRET = "Zq8-planted_Secret/of+the=cluster"
KUBECONFIG = f"""apiVersion: v1
kind: Config
clusters:
- cluster: {{certificate-authority-data: {base64.b64encode(b"authority" * 9).decode()}}}
users:
- name: admin
  user:
    client-key-data: {base64.b64encode(b"private" * 20).decode()}
    token: {SECRET}
"""
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEsecretsecret\nAAAA\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2VjcmV0LXNpZ25hdHVyZQ"

# What Ansible, kubectl and helm print around a secret that nothing else has told of.
SHAPES = {
    "variable": f"password={SECRET} rest",
    "yaml": f"  jwtSecret: {SECRET}\n  next: 1",
    "yaml block": f"kubeconfig: |\n    {SECRET}\n    more\nnext: 1",
    "json": json.dumps({"adminPassword": SECRET}),
    "json in json": json.dumps({"out": json.dumps({"token": SECRET})}),
    "twice quoted": json.dumps(json.dumps({"out": json.dumps({"token": SECRET})})),
    "python": repr({"access_key": SECRET}),
    "with blanks": json.dumps({"secret": f"two {SECRET} words"}),
    "with quotes": json.dumps({"password": f'a"b {SECRET}'}),
    "literal": f"kubectl create secret generic x --from-literal=anything={SECRET} -n y",
    "quoted literal": f"--from-literal='token={SECRET} {SECRET}'",
    "half a literal": f'--from-literal="token={SECRET} {SECRET}',
    "option": f"helm --set-x --password {SECRET} --y",
    "option=": f"mysql --db-password={SECRET}",
    "header": f"Authorization: Bearer {SECRET}",
    "bearer": f"sent bearer {SECRET} to it",
    "url": "https://admin:" + SECRET.replace("/", "") + "@harbor.lan/x",
    "assignment": f'export REGISTRY_TOKEN = "{SECRET}"',
    "ruby": f":secret_key => '{SECRET}'",
    "colours": f"\x1b[31mpass\x1b[0mword: {SECRET}",
    "kubeconfig": KUBECONFIG,
    "list of arguments": json.dumps(["helm", "--password", SECRET, "--wait"]),
    "xml": f"<hudsonPassword class='x'>{SECRET}</hudsonPassword>",
    "other name": f"export PGPASS={SECRET}",
    "in Chinese": f"数据库密码为 {SECRET}",
    "redis.conf": f"# redis\nrequirepass {SECRET}\n",
    "cookie": f"Cookie: session={SECRET}",
    "mysql": f"mysqldump -h db -u root -p{SECRET} all",
    "redis-cli": f"redis-cli -h redis -a {SECRET} ping",
    "ldapsearch": f"ldapsearch -x -D cn=admin -w {SECRET}",
    "curl": f"curl -sk -u admin:{SECRET} https://harbor.lan",
    "docker login": f"docker login harbor.lan -u admin -p {SECRET}",
    "sshpass": f"sshpass -p '{SECRET}' ssh root@10.0.0.1",
    "chpasswd": f"echo root:{SECRET} | chpasswd",
    "mc alias": f"mc alias set local http://minio:9000 admin {SECRET}",
    "sql": f"ALTER USER root IDENTIFIED BY '{SECRET}'",
    "dsn": f"root:{SECRET}@tcp(mysql:3306)/ks",
    "hash": f"root:$6${SECRET.replace('_', '')}:1",
    "webhook": f"https://oapi.dingtalk.com/robot/send?access_token={SECRET}",
    "pem": PEM,
    "cut pem": PEM[:60],
    "jwt": f"got {JWT}",
}
HIDDEN = (
    SECRET,
    SECRET.replace("/", ""),
    JWT,
    JWT.split(".")[1],
    "MIIEsecret",
    base64.b64encode(b"private" * 20).decode()[:40],
    base64.b64encode(b"authority" * 9).decode()[:40],
)


def _nothing_secret(report: str) -> None:
    for secret in HIDDEN:
        assert secret not in report
        assert len(secret) < 20 or secret[8:-8] not in report


@pytest.mark.parametrize("place", ["msg", "stderr", "stdout", "module_stderr", "exception", "item"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_secret_nobody_told_of_is_recognised(
    shape: str, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SHAPES[shape]
    failed = trees.event(2, "runner_on_failed", "task", res={"msg": "it failed"})
    events = [failed]
    if place == "item":
        item = {"item": {"a": text}, "msg": text, "stderr": text}
        events.append(trees.event(1, "runner_item_on_failed", "task", res=item))
    else:
        failed["event_data"]["res"][place] = text
    trees.write(tmp_path, events)
    report = _report(tmp_path, capsys)
    assert _tasks(report) == ["task"]
    assert "******" in report
    _nothing_secret(report)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_secret_in_the_output_is_recognised(
    shape: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stdout").write_text(f"ERROR! a template failed\n{SHAPES[shape]}\n")
    report = _report(tmp_path, capsys)
    assert "ERROR! a template failed" in report
    _nothing_secret(report)


PLANTED = {
    "configuration": {"authentication": {"jwtSecret": SECRET}},
    "list": {"registry": [{"credentials": [SECRET]}]},
    "kubeconfig": {"multicluster": {"kubeconfig": f"x\n{SECRET}\n"}},
}


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"env": [{"name": "DB_PASSWORD", "value": SECRET}]}, SECRET),
        ({"kind": "Secret", "data": {"a": base64.b64encode(SECRET.encode()).decode()}}, SECRET),
        ({"auth": base64.b64encode(f"admin:{SECRET}".encode()).decode()}, SECRET),
        ({"password": SECRET}, urllib.parse.quote(SECRET, safe="")),
    ],
)
def test_a_secret_is_known_in_its_other_spellings(
    told: dict[str, object], shown: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    res = {"msg": f"value {shown} is not valid"}
    earlier = trees.event(1, "runner_on_ok", "earlier", res=told)
    trees.write(tmp_path, [earlier, trees.event(9, "runner_on_failed", "x", res=res)])
    assert "msg: value ****** is not valid\n" in _report(tmp_path, capsys)


@pytest.mark.parametrize("known", [*PLANTED, "environment", "argument", "cmd", "resource"])
def test_a_known_secret_is_hidden_wherever_it_appears(
    known: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    artefacts = tmp_path / "artefacts"
    encoded = base64.b64encode(SECRET.encode()).decode()
    bare = f"value {SECRET} and {json.dumps(SECRET)} and {encoded} is not valid"
    events = [trees.event(9, "runner_on_failed", f"x {SECRET}", res={"msg": bare, "stderr": bare})]
    if known in PLANTED:
        (tmp_path / "ks-config.json").write_text(json.dumps(PLANTED[known]))
    elif known == "environment":
        monkeypatch.setenv("HARBOR_PASSWORD", SECRET)
    else:
        res = {
            "argument": {"invocation": {"module_args": {"api_token": SECRET}}},
            "cmd": {"cmd": f"kubectl create secret generic a --from-literal=b={SECRET}"},
            "resource": {"resources": [{"kind": "Secret", "data": {"anything": SECRET}}]},
        }[known]
        events.append(trees.event(1, "runner_on_ok", "earlier", res=res))
    trees.write(artefacts, events)
    report = _report(artefacts, capsys)
    assert "1. task: x ******\n" in report
    assert "is not valid" in report
    _nothing_secret(report)
    if known != "kubeconfig":
        assert encoded[:-4] not in report


@pytest.mark.parametrize(
    "text",
    [
        'Error from server (NotFound): secrets "ks-minio-secret" not found',
        "The conditional check 'x.rc == 0' failed.",
        "unable to pull harbor.lan/kubesphere/ks-apiserver:v3.3.2@sha256:"
        "eca8c872ad096097ef9bd613ae237a8ffc7bd5df8dc4ebe9a2f566c064b3e1fd",
        "error: timed out waiting for the condition on deployments/prometheus-operator-admission",
        "/kubesphere/installer/roles/ks-core/ks-core/tasks/main.yaml:112 has no such file",
        "Get https://10.233.0.1:443/api/v1/namespaces/kubesphere-system/pods: connection refused",
    ],
)
def test_what_helps_stays(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ks-config.json").write_text(
        json.dumps(
            {"persistence": {"secretName": "prometheus"}, "es": {"basicAuth": {"enabled": 1}}}
        )
    )
    trees.write(tmp_path, [trees.event(1, "runner_on_failed", "task", res={"msg": text})])
    assert f"   msg: {text}\n" in _report(tmp_path, capsys)


# Fuzzing ---------------------------------------------------------------------------------------

_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                [
                    "task",
                    "host",
                    "role",
                    "res",
                    "msg",
                    "stderr",
                    "rc",
                    "item",
                    "ignore_errors",
                    "task_uuid",
                    "password",
                    "kind",
                    "data",
                    "cmd",
                    "event",
                    "event_data",
                ]
            ),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=20,
)


def _lines(artefacts: Path) -> list[str]:
    """Past reportFailure()'s own net: here an exception is a failure of the test."""
    lines: list[str] = HOOK.failureLines(str(artefacts))
    return lines


@settings(max_examples=150, deadline=None)
@given(data=_JSON, kind=st.sampled_from(["runner_on_failed", "runner_item_on_failed", "verbose"]))
def test_any_event_data(data: Any, kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    artefacts = tmp_path_factory.mktemp("fuzz")
    trees.whole(artefacts)
    odd = {"event": kind, "counter": 30, "event_data": data}
    (artefacts / "job_events" / "30-odd.json").write_text(json.dumps(odd))
    assert any(trees.CAUSE in line for line in _lines(artefacts))


def test_any_damage(tmp_path: Path) -> None:
    """Flipped, cut, doubled, deleted bytes and files, 300 times."""
    chance = random.Random(20261122)
    (tmp_path / "ks-config.json").write_text(json.dumps({"a": {"jwtSecret": SECRET}}))
    for number in range(300):
        artefacts = tmp_path / str(number)
        trees.whole(artefacts, stderr=f"the value {SECRET} is bad", cmd=f"x --token {SECRET}")
        files = sorted((artefacts / "job_events").iterdir())
        for _ in range(chance.randint(1, 6)):
            file = chance.choice([*files, artefacts / "stdout"])
            if not file.exists():
                continue
            data = bytearray(file.read_bytes())
            place = chance.randrange(len(data) + 1)
            match chance.randrange(5):
                case 0:
                    data[place : place + 1] = bytes([chance.randrange(256)])
                case 1:
                    del data[place:]
                case 2:
                    data[place:place] = chance.randbytes(chance.randrange(50))
                case 3:
                    del data[place : place + chance.randrange(50)]
                case 4:
                    file.unlink()
                    continue
            file.write_bytes(data)
        lines = _lines(artefacts)
        assert lines
        assert SECRET not in "\n".join(lines)
        shutil.rmtree(artefacts)


@pytest.mark.parametrize(
    "piece",
    ["a", '"', "password=", 'password=\\"', "-----BEGIN A-----", "://a:", "--from-literal=a='",
     "token: |\n", "A1b/", " ", "\\", "=>", "password\\", "password ", "eyJ", "bearer ", "a-",
     "pass", "\n", "<", "user ", "-p ", "mysql ", "curl -u ", "login -p", "echo a:",
     "alias set a ", "a:", "ghp_", "$1$", "密码"],
)  # fmt: skip
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    start = time.process_time()
    HOOK.masked(text, [])
    assert time.process_time() - start < 5
