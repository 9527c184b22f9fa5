"""Results folders made by a real ansible-runner, of the version that an environment has."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_DRIVER = """
import sys, ansible_runner
root, component, ident, level = sys.argv[1:5]
done = ansible_runner.run(
    playbook=root + "/../playbooks/" + component + ".yaml", private_data_dir=root,
    artifact_dir=root + "/" + component, ident=ident, rotate_artifacts=1, quiet=True,
    verbosity=int(level) or None,
)
print(done.status, done.rc)
"""

# What upstream's roles do, and what has surprised readers of events.
EVERYTHING: list[dict[str, object]] = [
    {"name": "Say hello", "debug": {"msg": "hello"}},
    {"name": "Wait for the store", "register": "store", "retries": 5, "delay": 1,
     "shell": "test -e {{ marker }} || { touch {{ marker }}; exit 1; }", "until": "store.rc == 0"},
    {"name": "Apply manifests", "command": "echo {{ item }}", "loop": ["a", "b", "c"]},
    {"name": "Not on this cluster", "command": "false", "when": False},
    {"name": "May fail", "command": "sh -c 'echo alas >&2; exit 4'", "ignore_errors": True},
    {"name": "Include the rest", "include_tasks": "included.yaml"},
    {"name": "Hide the token", "command": "echo s3cr3t", "no_log": True},
    {"name": "In the background", "command": "sleep 1", "async": 20, "poll": 0},
    {"name": "Wait for the background", "command": "sleep 1", "async": 20, "poll": 1},
    {"name": "Elsewhere", "command": "echo there", "delegate_to": "127.0.0.2"},
    {"name": "Restart it", "command": "echo x", "notify": "Restarting"},
    {"name": "Print very much", "command": "python3 -c 'print(\"x\" * 800000)'"},
    {"name": "Guarded", "block": [{"name": "Breaks", "command": "sh -c 'echo broken >&2; exit 3'"}],
     "rescue": [{"name": "Mends", "command": "echo mended"}]},
]  # fmt: skip
INCLUDED: list[dict[str, object]] = [{"name": "Included step", "command": "echo included"}]
HANDLERS: list[dict[str, object]] = [{"name": "Restarting", "command": "echo restarted"}]
FAILING: list[dict[str, object]] = [
    {"name": "Deploying | Two of three", "shell": "echo no {{ item }} >&2; test {{ item }} = b",
     "loop": ["a", "b", "c"], "ignore_errors": True},
    {"name": "Deploying | Prometheus", "shell": "echo progress; echo 'no space left' >&2; exit 3"},
    {"name": "Never reached", "debug": {"msg": "no"}},
]  # fmt: skip


def run(
    python: Path,
    root: Path,
    component: str,
    tasks: list[dict[str, object]],
    *,
    ident: str = "",
    level: int = 1,
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run a playbook of these tasks into ``root/component/ident``; JSON is YAML.

    Args:
        python: the environment's interpreter (its Ansible stands beside it).
        root: the results folder.
        environment: variables beside the usual ones.

    Returns:
        The playbook's exit status.
    """
    books = root.parent / "playbooks"
    books.mkdir(parents=True, exist_ok=True)
    (root / "env").mkdir(parents=True, exist_ok=True)
    marker = str(root.parent / f"marker-{component}")
    (root / "env/extravars").write_text(
        json.dumps(
            {
                "ansible_connection": "local",
                "ansible_python_interpreter": str(python),
                "marker": marker,
            }
        )
    )
    (books / "included.yaml").write_text(json.dumps(INCLUDED))
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks, "handlers": HANDLERS}
    (books / f"{component}.yaml").write_text(json.dumps([play]))
    variables = {
        **{key: os.environ[key] for key in ("HOME", "TMPDIR", "LANG") if key in os.environ},
        "PATH": f"{python.parent}:{os.environ['PATH']}",
        "PYTHONWARNINGS": "ignore",
        **(environment or {}),
    }
    done = subprocess.run(
        [python, "-c", _DRIVER, str(root), component, ident or component, str(level)],
        env=variables,
        cwd=root.parent,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])
