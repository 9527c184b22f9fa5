"""One installation as event files, with its times: what a screen shows at each of its moments.

The components and the order are the installer's; the tasks are made up.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

BEGIN = datetime(2026, 11, 22, 4, 0, tzinfo=timezone.utc)
_PARALLEL = {
    "monitoring": 40.0, "multicluster": 6.0, "openpitrix": 9.0, "network": 12.0, "logging": 21.0,
    "events": 24.0, "auditing": 19.0, "devops": 45.0, "servicemesh": 30.0, "alerting": 2.0,
    "notification": 2.0, "kubeedge": 1.0,
}  # fmt: skip
FAILING = "monitoring"


class Story:
    """Writes the files of an installation below a folder.

    Args:
        root: the results folder.
        fails: whether monitoring fails.
        until: seconds after the begin at which it is cut.
    """

    def __init__(self, root: Path, *, fails: bool = True, until: float = 1e9) -> None:
        self._root = root
        self._until = until
        self._counters: dict[str, int] = {}
        self._run = ""
        at = 0.0
        for component in ("preinstall", "metrics_server", "common", "ks-core"):
            at = self.component(component, at, 4.0 if component == "common" else 1.5, rc=0) + 1
        ends = []
        for component, pace in _PARALLEL.items():
            rc = 2 if fails and component == FAILING else 0
            ends.append(self.component(component, at, pace, rc=rc))
        at = max(ends) + 1
        for component in ("ks-config", "result-info"):
            at = self.component(component, at, 3.0, rc=0) + 1

    def component(self, name: str, at: float, pace: float, *, rc: int) -> float:
        """Seven tasks: plain ones, one that waits and tries again, a loop, perhaps a failure."""
        self._run = str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
        self.event(name, at, "playbook_on_start")
        for number, what in enumerate(
            ("Checking what is there", "Getting files", "Creating manifests", "Deploying",
             "Waiting until it is ready", "Importing status", "Cleaning up")
        ):  # fmt: skip
            title = f"{name.capitalize()} | {what}"
            task = {
                "task": title,
                "task_uuid": f"{name}-{number}",
                "role": f"role-{name}",
                "task_action": "command",
                "task_path": f"/roles/{name}/main.yaml:{number}",
            }
            hosted = {**task, "host": "localhost"}
            banner = f"\r\nTASK [role-{name} : {title}] {'*' * 40}"
            self.event(name, at, "playbook_on_task_start", task, banner)
            self.event(name, at, "runner_on_start", hosted)
            if number == 2:
                for item in range(8):
                    at += pace / 8
                    text = f"ok: [localhost] => (item=manifest-{item})"
                    self.event(name, at, "runner_item_on_ok", hosted, text)
            elif number == 4:
                for attempt in range(1, 6):
                    at += pace / 5
                    result = {"attempts": attempt, "retries": 31}
                    text = f"FAILED - RETRYING: {what} ({30 - attempt} retries left)."
                    self.event(name, at, "runner_retry", {**hosted, "res": result}, text)
            else:
                at += pace
            if rc and number == 5:
                failure = {
                    "cmd": f"kubectl apply -f {name}.yaml",
                    "msg": "non-zero return code",
                    "rc": 1,
                    "stderr": "error: no space left on device\nerror: gave up",
                }
                text = 'fatal: [localhost]: FAILED! => {"msg": "non-zero return code"}'
                self.event(name, at, "runner_on_failed", {**hosted, "res": failure}, text)
                break
            result = {"changed": number % 2 == 1}
            self.event(name, at, "runner_on_ok", {**hosted, "res": result}, "ok: [localhost]")
        stats = {
            "ok": {"localhost": number},
            "failures": {"localhost": 1} if rc else {},
            "dark": {},
        }
        self.event(name, at, "playbook_on_stats", stats, "PLAY RECAP ****")
        if at < self._until:
            self._folder(name).with_name("rc").write_text(str(rc))
        return at

    def event(
        self,
        name: str,
        at: float,
        kind: str,
        data: Mapping[str, object] | None = None,
        stdout: str = "",
    ) -> None:
        """One event file, unless the story is cut before it."""
        if at >= self._until:
            return
        counter = self._counters[name] = self._counters.get(name, 0) + 1
        own = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name}{counter}"))
        document = {
            "uuid": own,
            "counter": counter,
            "stdout": stdout,
            "event": kind,
            "created": (BEGIN + timedelta(seconds=at + counter / 1000)).isoformat(),
            "event_data": {"playbook_uuid": self._run, **(data or {})},
        }
        self._folder(name).mkdir(parents=True, exist_ok=True)
        (self._folder(name) / f"{counter}-{own}.json").write_text(json.dumps(document))

    def _folder(self, name: str) -> Path:
        ident = "result" if name == "result-info" else name
        return self._root / name / ident / "job_events"
