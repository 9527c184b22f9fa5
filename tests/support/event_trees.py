"""Results folders as the installer leaves them: many events cheaply, and read at once."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

from ksimage.events import files
from ksimage.events.build import Builder
from ksimage.events.model import Attempt

_NAMES = (
    "preinstall", "metrics_server", "common", "ks-core", "monitoring", "multicluster", "openpitrix",
    "network", "logging", "events", "auditing", "devops", "servicemesh", "alerting", "ks-config",
    "result-info",
)  # fmt: skip
_START = datetime(2026, 11, 22, 8, 0, tzinfo=timezone.utc)


def volume(root: Path, events: int = 20_000) -> int:
    """Write a results folder of about as many events, shaped and sized as real ones at level 3.

    Returns:
        The number of event files.
    """
    each = max(events // len(_NAMES), 12)
    written = 0
    for number, component in enumerate(_NAMES):
        ident = "result" if component == "result-info" else component
        folder = root / component / ident / "job_events"
        folder.mkdir(parents=True)
        began = _START + timedelta(seconds=40 * min(number, 4) + number)
        for event in run_events(component, each, began):
            name = f"{event['counter']}-{event['uuid']}.json"
            (folder / name).write_text(json.dumps(event))
            written += 1
        (folder.parent / "rc").write_text("0")
    return written


def run_events(component: str, count: int, began: datetime = _START) -> list[dict[str, object]]:
    """One run: banner, tasks of four to eight events with what Ansible says at level 3, summary."""
    made: list[dict[str, object]] = []
    run = str(uuid.uuid5(uuid.NAMESPACE_DNS, component))
    base = {
        "playbook": f"/kubesphere/playbooks/{component}.yaml",
        "playbook_uuid": run,
        "play": "localhost",
        "play_uuid": run[::-1],
        "play_pattern": "localhost",
    }

    def add(kind: str, data: dict[str, object] | None, stdout: str = "") -> None:
        counter = len(made) + 1
        made.append(
            {
                "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{run}{counter}")),
                "counter": counter,
                "stdout": stdout,
                "start_line": counter * 3,
                "end_line": counter * 3 + 3,
                "runner_ident": component,
                "event": kind,
                "created": (began + timedelta(seconds=counter * 0.11)).isoformat(),
                **({} if data is None else {"pid": 41, "event_data": {**base, **data}}),
            }
        )

    add("verbose", None, "Using /etc/ansible/ansible.cfg as config file")
    add("playbook_on_start", {"uuid": run})
    add("playbook_on_play_start", {"name": "localhost", "uuid": run})
    number = 0
    while len(made) < count - 1:
        number += 1
        task: dict[str, object] = {
            "task": f"{component} | Installing part {number}",
            "task_uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{run}{number}")),
            "task_action": "command",
            "task_args": "",
            "task_path": f"/kubesphere/installer/roles/{component}/tasks/main.yaml:{number}",
            "role": component,
        }
        hosted: dict[str, object] = {**task, "host": "localhost", "uuid": run}
        add("playbook_on_task_start", task, f"TASK [{task['task']}] {'*' * 60}")
        add("runner_on_start", hosted)
        for _ in range(number % 4):
            add(
                "verbose",
                None,
                "<127.0.0.1> EXEC /bin/sh -c '/usr/bin/python3 /root/.ansible/tmp/x.py && sleep 0'",
            )
        if number % 9 == 0:
            retry: dict[str, object] = {"attempts": 1, "retries": 31, "stdout": "waiting", "rc": 1}
            add("runner_retry", {**hosted, "res": retry}, "FAILED - RETRYING (30 retries left).")
        lines = [f"deployment.apps/part-{n} configured" for n in range(number % 20)]
        result: dict[str, object] = {
            "changed": number % 3 == 0,
            "cmd": f"/usr/local/bin/helm upgrade --install part {number}",
            "rc": 0,
            "stdout": "\n".join(lines),
            "stdout_lines": lines,
            "stderr": "",
            "invocation": {"module_args": {"_raw_params": "helm", "_uses_shell": True, "argv": []}},
        }
        add(
            "runner_on_ok",
            {**hosted, "res": result, "start": made[-1]["created"], "duration": 0.22},
            f"changed: [localhost] => {json.dumps(result, indent=1)}",
        )
    none: dict[str, object] = {}
    add("playbook_on_stats", {"ok": {"localhost": number}, "failures": none, "dark": none})
    return made


def read_tree(path: Path) -> Attempt:
    """The runs below a results folder (or one that holds it as ``results``), one after the other.

    Without frames and without an order by time: what sources tell is compared with it.
    """
    root = files.results_root(path)
    builder = Builder()
    for component, ident in files.run_folders(root):
        _read_run(builder, root, component, ident)
    return builder.attempt


def _read_run(builder: Builder, root: Path, component: str, ident: str) -> None:
    """Feed a builder with all events of one folder, and its rc."""
    here = f"{component}/{ident}"
    for name, raw, damage, mtime in files.read_path(root / component / ident):
        path = f"{here}/{name}" if name in ("rc", "job_events") else f"{here}/job_events/{name}"
        if damage:
            builder.damage(path, damage)
        elif name == "rc":
            assert isinstance(raw, int)
            builder.set_rc(component, ident, raw, mtime)
        else:
            builder.feed(component, ident, raw, path=path, mtime=mtime)
