"""One run of a hook on real ansible-runner, below a temporary folder in place of /kubesphere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.behaviour.hooks import is_miniature

HERE = Path(__file__).parent
PLAYBOOKS = (
    "preinstall", "metrics_server", "common", "ks-core", "monitoring", "multicluster", "openpitrix",
    "network", "ks-config", "result-info", "ks-migration", "telemetry",
)  # fmt: skip
PARALLEL = ("monitoring", "multicluster", "openpitrix", "network")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Line:
    """One line of the hook's output. ``at``: when it was read, in seconds since the epoch."""

    text: str
    at: float

    @property
    def plain(self) -> str:
        """Without colours."""
        return _COLOURS.sub("", self.text).rstrip()


@dataclass
class Run:
    """What a finished hook left."""

    folder: Path
    status: int
    stdout: list[Line]
    stderr: list[Line]
    seconds: float

    @property
    def playbooks(self) -> set[str]:
        """The folders of the playbooks that were run."""
        return {path.parent.parent.name for path in self.folder.glob("results/*/*/command")}

    @property
    def output(self) -> str:
        return "\n".join(line.text for line in self.stdout)

    def log(self) -> str:
        return "\n".join(line.text for line in self.stderr)

    def artefacts(self, name: str, ident: str = "") -> Path:
        return self.folder / "results" / name / (ident or name)

    def events(self, name: str) -> list[dict[str, Any]]:
        """The component's events in order. Fails when a file is no event."""
        files = (self.artefacts(name) / "job_events").iterdir()
        return sorted((json.loads(f.read_text()) for f in files), key=lambda e: e["counter"])


@dataclass
class Installation:
    """A folder in which a hook can run.

    Attributes:
        folder: stands for /kubesphere.
        bin: the bin directory of an ansible-runner environment.
        spec, status: of the ClusterConfiguration.
        prepare: Python that the driver runs before main(), with the hook as ``hook``.
    """

    folder: Path
    bin: Path
    hook: bytes
    spec: dict[str, Any] = field(default_factory=lambda: {"terminal": {"timeout": 600}})
    status: dict[str, Any] | None = None
    prepare: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("playbooks", "results/env", "config"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "installRunner.py").write_bytes(self.hook)
        (self.folder / "results/env/cmdline").write_text(
            f"-e @{self.folder}/config/ks-config.json -e @{self.folder}/config/ks-status.json"
        )
        (self.folder / "results/env/extravars").write_text("---\nansible_connection: local")
        (self.folder / "playbooks/kubesphere_running").write_text("Welcome to KubeSphere!\n")
        for name in PLAYBOOKS:
            self.playbook(name, [{"name": f"{name} only", "debug": {"msg": f"{name} says hello"}}])

    def playbook(self, name: str, tasks: list[dict[str, Any]]) -> None:
        """Write a playbook. JSON is YAML."""
        play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
        (self.folder / "playbooks" / f"{name}.yaml").write_text(json.dumps([play]))

    def role(self, name: str, tasks: list[dict[str, Any]]) -> None:
        path = self.folder / "playbooks" / "roles" / name / "tasks"
        path.mkdir(parents=True)
        (path / "main.yml").write_text(json.dumps(tasks))

    def command(self) -> list[str]:
        return [
            str(self.bin / "python"),
            str(HERE / "driver.py"),
            str(self.folder / "installRunner.py"),
            str(self.folder),
        ]

    @property
    def full_spec(self) -> dict[str, Any]:
        """The spec, with what the miniature needs to run the same parallel playbooks."""
        if not is_miniature(self.hook):
            return self.spec
        return {"multicluster": {"enabled": True}, "openpitrix": {"enabled": True}, **self.spec}

    def variables(self) -> dict[str, str]:
        # With another version than the hook's, the hook would re-create the resource.
        version = re.search(rb'"version": "([^"]+)"', self.hook)
        done = {"core": {"version": version.group(1).decode() if version else "v3.0.0"}}
        cluster = {"spec": self.full_spec, "status": done if self.status is None else self.status}
        (self.folder / "cluster.json").write_text(json.dumps(cluster))
        (self.folder / "prepare.py").write_text(self.prepare)
        keep = {k: os.environ[k] for k in ("HOME", "TMPDIR", "LANG", "LC_ALL") if k in os.environ}
        return {
            **keep,
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "PYTHONPATH": str(HERE / "stubs"),
            "KSIMAGE_TEST_CLUSTER": str(self.folder / "cluster.json"),
            "KSIMAGE_TEST_PREPARE": str(self.folder / "prepare.py"),
            **self.environment,
        }

    def run(self, timeout: float = 150) -> Run:
        """Run the hook with pipes for stdout and stderr, noting when each line arrives."""
        start = time.time()
        process = subprocess.Popen(
            self.command(),
            cwd=self.folder,
            env=self.variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        read: dict[str, list[Line]] = {"stdout": [], "stderr": []}

        def reader(name: str) -> None:
            with getattr(process, name) as pipe:
                for line in pipe:
                    text = line.decode("utf-8", "replace").rstrip("\r\n")
                    read[name].append(Line(text, time.time()))

        threads = [threading.Thread(target=reader, args=(name,)) for name in read]
        for thread in threads:
            thread.start()
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            for thread in threads:
                thread.join()
        return Run(self.folder, status, read["stdout"], read["stderr"], time.time() - start)
