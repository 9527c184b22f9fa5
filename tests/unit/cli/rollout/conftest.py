"""A cluster that answers from a file: enough for everything that changes nothing."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cluster.objects_of import HOOK, configuration, deployment, pod_object

from ksimage.cluster.kubectl import Kubectl, KubectlOptions

_SCRIPT = """\
#!{python}
import json, pathlib, sys
answers = json.loads({answers!r})
words = " " + " ".join(sys.argv[1:])
with pathlib.Path({log!r}).open("a") as log:
    log.write(words + chr(10))
for kind, answer in answers.items():
    if kind in words:
        if isinstance(answer, list):
            print(*answer, sep=chr(9))
        else:
            sys.exit(answer) if isinstance(answer, str) else print(json.dumps(answer))
        break
"""
VERSION = {"clientVersion": {"gitVersion": "v1.30.0"}, "serverVersion": {"gitVersion": "v1.30.0"}}

Cluster = Callable[..., Kubectl]


def looked(**found: Any) -> list[str]:
    """What the program that looks into the pod prints."""
    line = json.dumps({"now": 100.0, "hook": HOOK, **found})
    return [line, hashlib.sha256(line.encode()).hexdigest()]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The words of all calls, a line each."""
    return tmp_path / "calls"


@pytest.fixture
def cluster(tmp_path: Path, log: Path) -> Cluster:
    def make(**changes: Any) -> Kubectl:
        answers = {
            " patch ": {},
            " exec ": looked(),
            " version": VERSION,
            "clusterconfigurations": configuration(),
            " nodes": {"items": []},
            "pods": {"items": [pod_object()]},
            "deployment": deployment(),
            **changes,
        }
        path = tmp_path / "kubectl"
        path.write_text(
            _SCRIPT.format(python=sys.executable, answers=json.dumps(answers), log=str(log))
        )
        path.chmod(0o755)
        return Kubectl(KubectlOptions(program=str(path)))

    return make
