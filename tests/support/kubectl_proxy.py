"""A kubectl that does what the real one does, writes down how it was called, and makes trouble.

Not a stand-in: every call that no rule concerns goes to the real binary, stdin and all. A rule is
for the calls whose words hold ``match``, from the ``nth`` of them on, ``times`` times:

    before, after   shell commands around the call
    interrupt       "before" or "after" the call: SIGINT for whoever called
    cut             only so many bytes of stdout, and status 0
    status, stderr  end with these instead of calling
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCRIPT = """\
#!{python}
import sys
sys.path.insert(0, {repository!r})
from tests.support.kubectl_proxy import run
run({folder!r}, {real!r})
"""


@dataclass
class KubectlProxy:
    """One proxy. ``path`` is for ``--kubectl``."""

    folder: Path
    path: Path

    def rules(self, *rules: dict[str, Any]) -> None:
        """Make this trouble from now on, and forget the calls so far."""
        (self.folder / "rules.json").write_text(json.dumps(rules))
        (self.folder / "calls").write_text("")
        for counter in self.folder.glob("count-*"):
            counter.unlink()

    def calls(self) -> list[list[str]]:
        """The arguments of every call, in order."""
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]

    def changes(self) -> list[list[str]]:
        """Those that change the cluster."""
        verbs = {"patch", "create", "delete", "apply", "scale", "annotate", "replace"}
        return [words for words in self.calls() if verbs & set(words)]


def make(folder: Path, real: str = "") -> KubectlProxy:
    """A proxy for ``real``, by default the machine's kubectl."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "kubectl"
    path.write_text(
        _SCRIPT.format(
            python=sys.executable,
            repository=str(Path(__file__).parents[2]),
            folder=str(folder),
            real=real or shutil.which("kubectl") or "kubectl",
        )
    )
    path.chmod(0o755)
    proxy = KubectlProxy(folder, path)
    proxy.rules()
    return proxy


def run(folder: str, real: str) -> None:
    """The proxy's own main program."""
    place, words = Path(folder), sys.argv[1:]
    with (place / "calls").open("a") as calls:
        fcntl.flock(calls, fcntl.LOCK_EX)
        calls.write(json.dumps(words) + "\n")
    rule: dict[str, Any] = {}
    for number, candidate in enumerate(json.loads((place / "rules.json").read_text())):
        if candidate["match"] in " ".join(words) and _due(place / f"count-{number}", candidate):
            rule = candidate
    _shell(rule.get("before"))
    if rule.get("interrupt") == "before":
        os.kill(os.getppid(), signal.SIGINT)
        sys.exit(130)
    if "status" in rule:
        sys.stderr.write(rule.get("stderr", ""))
        sys.exit(rule["status"])
    if not {"cut", "after", "interrupt"} & set(rule):
        os.execv(real, [real, *words])
    done = subprocess.run([real, *words], stdout=subprocess.PIPE)
    _shell(rule.get("after"))
    sys.stdout.buffer.write(done.stdout[: rule.get("cut")])
    sys.stdout.flush()
    if rule.get("interrupt") == "after":
        os.kill(os.getppid(), signal.SIGINT)
    sys.exit(0 if "cut" in rule else done.returncode)


def _due(counter: Path, rule: dict[str, Any]) -> bool:
    with counter.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(".")
        file.flush()
        number = file.tell()
    first = int(rule.get("nth", 1))
    return first <= number < first + int(rule.get("times", 1))


def _shell(command: str | None) -> None:
    if command:
        subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)
