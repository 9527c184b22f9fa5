"""What it costs to know a playbook's results: ksimage reads what is there anyway, ARA records.

    KSIMAGE_BENCH_ARA=BIN python benchmarks/event_recording.py [TASKS]

BIN is the bin folder of an environment with ansible-core, ansible-runner and ara[server]. The same
playbook runs without and with ARA's callback (offline client, SQLite); the difference in CPU is
what ARA takes. ksimage then reads the event files of the first run.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import common
from tests.support import real_runs

sys.path.insert(0, str(common.TOP / "src"))
from event_reading import ours


def _play(python: Path, root: Path, tasks: int, env: dict[str, str]) -> float:
    """CPU seconds of a playbook of so many small tasks."""
    plan: list[dict[str, object]] = [
        {"name": f"Step {number}", "debug": {"msg": f"step {number}"}} for number in range(tasks)
    ]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    status = real_runs.run(python, root, "steps", plan, environment=env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert status == 0
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Measure and print."""
    ara = os.environ.get("KSIMAGE_BENCH_ARA")
    if not ara:
        common.say("skipped: KSIMAGE_BENCH_ARA names no environment with ara[server]")
        return 0
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    python = Path(ara) / "python"
    command = [str(python), "-m", "ara.setup.callback_plugins"]
    plugins = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    with common.folder() as folder:
        env = {"ANSIBLE_CALLBACK_PLUGINS": plugins, "ARA_BASE_DIR": str(folder / "ara")}
        plain = _play(python, folder / "plain" / "results", tasks, {})
        recorded = _play(python, folder / "ara-run" / "results", tasks, env)
        ours(folder / "plain" / "results")
        reading = ours(folder / "plain" / "results")
    taken = recorded - plain
    rows = [
        ["the playbook alone", f"{plain:.2f}", "", ""],
        ["ARA's recording", f"{taken:.2f}", f"{1000 * taken / tasks:.1f}", "1"],
        [
            "ksimage's reading",
            f"{reading:.3f}",
            f"{1000 * reading / tasks:.2f}",
            f"{reading / taken:.4f}",
        ],
    ]
    common.table([f"{tasks} tasks", "s CPU", "ms a task", "ratio"], rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
