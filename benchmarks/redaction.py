"""What hiding secrets costs: CPU seconds per MB of event files, both passes, beside gzip's.

    python -m benchmarks.redaction [FOLDER]

FOLDER: a folder of results; without it 5,000 synthetic event files are made. Every bundle is
compressed with gzip in any case, so gzip (level 6, the same bytes, the same run) is the peer.
Texts made of nothing but what the rules look for come last: they must stay bounded.
"""

from __future__ import annotations

import gzip
import json
import random
import secrets
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from ksimage.redact.redactor import Redactor

VALUES = 300
ROUNDS = 3
COMPONENTS = ("monitoring", "devops", "common", "ks-core", "logging", "events")
HOSTILE = (
    "docker login ", "a:b@tcp(", "curl -u ", "auth:", "cookie: a=b", "password: ", "<token>",
    "name: TOKEN\nvalue: ", "://:@@@@@@@@", "user a on ~*", "--user ", "echo a:b|chpasswd",
    "- kind: Secret\n", "-----BEGIN PRIVATE KEY-----\nProc-Type: a", "密码:",
)  # fmt: skip
HOSTILE_SIZE = 100_000
OBJECTS = ("deployment.apps/x", "service/y", "configmap/z", "secret/redis-secret", "role/w")


def main() -> None:
    """Measure and print."""
    files = _read(Path(sys.argv[1])) if len(sys.argv) > 1 else _made(5000)
    size = sum(map(len, files)) / 1e6
    print(f"{len(files)} files, {size:.1f} MB, {VALUES} learned values")
    peer = _best(lambda: [gzip.compress(data, 6) for data in files]) / size
    both = _best(lambda: _redact(files)) / size
    print(f"gzip -6        {peer:.3f} s CPU per MB")
    print(f"both passes    {both:.3f} s CPU per MB   ({both / peer:.2f} x gzip)")
    worst = sorted((_hostile(unit), unit) for unit in HOSTILE)
    middle = worst[len(worst) // 2][0]
    print(f"hostile texts  {worst[-1][0]:.1f} s CPU per MB at most ({worst[-1][1]!r}),", end=" ")
    print(f"{middle:.1f} in the middle")


def _hostile(unit: str) -> float:
    """CPU seconds per MB of a text that repeats ``unit``."""
    data = (unit * (HOSTILE_SIZE // len(unit))).encode()
    return _best(lambda: _redact([data], 0)) / len(data) * 1e6


def _redact(files: list[bytes], values: int = VALUES) -> None:
    redactor = Redactor()
    for _ in range(values):
        redactor.give(secrets.token_urlsafe(12))
    for data in files:
        redactor.learn([data])
    for data in files:
        for _ in redactor.redact([data]):
            pass


def _best(work: Callable[[], object]) -> float:
    """CPU seconds of the fastest round."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def _read(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]


def _made(count: int) -> list[bytes]:
    """Event files as ansible-runner writes them, a few with secrets."""
    chance = random.Random(1)
    return [_event(chance, number) for number in range(count)]


def _event(chance: random.Random, number: int) -> bytes:
    component = chance.choice(COMPONENTS)
    task = f"{component} | Deploying part {chance.randrange(400)}"
    lines = [f"{chance.choice(OBJECTS)} created" for _ in range(chance.randrange(8))]
    result = {
        "changed": True,
        "cmd": f"kubectl apply -f /kubesphere/kubesphere/{component}/{chance.randrange(90)}.yaml",
        "rc": 0,
        "stdout": "\n".join(lines),
        "stdout_lines": lines,
        "stderr": "",
        "invocation": {"module_args": {"_raw_params": "kubectl apply", "_uses_shell": True}},
        "_ansible_no_log": False,
    }
    if chance.random() < 0.02:
        result["cmd"] = f"mysql -uroot -p{component}Pw-{number} -e 'select 1'"
    told = chance.random() < 0.4
    event = {
        "uuid": str(uuid.UUID(int=chance.getrandbits(128))),
        "counter": number,
        "stdout": f"\x1b[0;33mchanged: [localhost] => {json.dumps(result)}\x1b[0m" if told else "",
        "event": "runner_on_ok" if told else "playbook_on_task_start",
        "created": "2026-11-22T08:05:06.551269",
        "parent_uuid": str(uuid.UUID(int=chance.getrandbits(128))),
        "event_data": {
            "playbook": f"/kubesphere/playbooks/{component}.yaml",
            "task": task,
            "task_uuid": str(uuid.UUID(int=chance.getrandbits(128))),
            "task_path": f"/kubesphere/installer/roles/{component}/tasks/main.yaml:7",
            "host": "localhost",
            "res": result if told else {},
        },
    }
    return json.dumps(event).encode()


if __name__ == "__main__":
    main()
