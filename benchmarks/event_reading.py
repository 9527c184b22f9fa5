"""How much CPU reading an installation's events takes, beside a bare loop of json.loads over them.

    python benchmarks/event_reading.py [EVENTS]

Both read the same files in turns; the figure is the ratio of the medians, and 1.5 is the most that
it may be. Peak memory is that of a process that does nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import common
from tests.support import event_trees

LIMIT = 1.5
MEMORY = 150 << 20


def bare(root: Path) -> float:
    """CPU seconds of reading and parsing each file, and keeping nothing."""
    began = time.process_time()
    for folder in root.glob("*/*/job_events"):
        for name in os.listdir(folder):  # noqa: PTH208 - the fastest that is usual
            with open(folder / name, "rb") as file:  # noqa: PTH123
                json.loads(file.read())
    return time.process_time() - began


def ours(root: Path) -> float:
    """CPU seconds of read_tree."""
    from tests.support.event_trees import read_tree

    began = time.process_time()
    read_tree(root)
    return time.process_time() - began


def peak(root: Path) -> int:
    """Bytes of the largest resident set of a process that reads the tree."""
    code = (
        "import sys, resource, pathlib; from tests.support.event_trees import read_tree;"
        "read_tree(pathlib.Path(sys.argv[1]));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    command = [sys.executable, "-c", code, str(root)]
    env = {**os.environ, "PYTHONPATH": f"{common.TOP / 'src'}:{common.TOP}"}
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    return int(done.stdout) * 1024


def main() -> int:
    """Measure, print, and say with the exit code whether the limits are kept."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    sys.path.insert(0, str(common.TOP / "src"))
    with common.folder() as root:
        count = event_trees.volume(root, events)
        bare(root)  # files are cached
        ours(root)
        seconds = common.medians(
            {"json.loads": lambda _: bare(root), "ksimage": lambda _: ours(root)}
        )
        memory = peak(root)
    ratio = seconds["ksimage"] / seconds["json.loads"]
    rows = [[name, f"{taken:.2f}"] for name, taken in seconds.items()]
    common.table(["reading " + f"{count:,} events", "s CPU"], rows)
    print(
        f"ratio {ratio:.2f} (limit {LIMIT}), peak memory {memory >> 20} MiB (limit {MEMORY >> 20})"
    )
    return 0 if ratio <= LIMIT and memory <= MEMORY else 1


if __name__ == "__main__":
    sys.exit(main())
