"""What following costs in the pod and on the wire: CPU when idle and at work, bytes an event.

    python benchmarks/following.py [EVENTS] [SECONDS]

The follow program is started as in a pod, on a results folder that holds EVENTS events already
(20,000); it is watched for SECONDS (30) while nothing happens, then for as long while events arrive
at the pace of an installation of 20 minutes. The first reading is told apart. Beside it: `ls -lR`
once a second, which is what people run by hand.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import common
from tests.support import event_trees

sys.path.insert(0, str(common.TOP / "src"))

IDLE_LIMIT, BUSY_LIMIT, BYTES_LIMIT = 0.01, 0.02, 70.0
PACE = 20_000 / 1200
"""Events a second."""


def _cpu(pid: int) -> float:
    """CPU seconds of a process that still runs."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _child() -> int:
    """The process that was started here and still runs."""
    me = os.getpid()
    return int(Path(f"/proc/{me}/task/{me}/children").read_text().split()[-1])


def _written(pid: int) -> int:
    """Bytes that a process has written."""
    told = Path(f"/proc/{pid}/io").read_text().split()
    return int(told[told.index("wchar:") + 1])


def _write(root: Path, events: list[dict[str, object]], stop: threading.Event) -> None:
    folder = root / "arriving" / "arriving" / "job_events"
    folder.mkdir(parents=True)
    for event in events:
        new = folder / f"{event['counter']}-{event['uuid']}.json"
        new.with_suffix(".json.tmp").write_text(json.dumps(event))
        new.with_suffix(".json.tmp").rename(new)
        if stop.wait(1 / PACE):
            return


def _drain(frames: Iterator[object]) -> None:
    from ksimage.cluster.files.stream import BrokenStream

    with contextlib.suppress(BrokenStream):  # it is closed at the end
        for _ in frames:
            pass


def _listing(root: Path, seconds: float) -> float:
    """The CPU share of `ls -lR` once a second."""
    used = 0.0
    runs = max(1, int(seconds / 5))
    for _ in range(runs):
        done = subprocess.Popen(["ls", "-lR", str(root)], stdout=subprocess.DEVNULL)
        _, _, usage = os.wait4(done.pid, 0)
        done.returncode = 0
        used += usage.ru_utime + usage.ru_stime
    return used / runs


def main() -> int:
    """Measure, print, and say with the exit code whether the limits are kept."""
    from ksimage.cluster.files.stream import Connection

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 30.0
    with common.folder() as root:
        made = event_trees.volume(root, count)
        connection = Connection([], {"root": str(root), "seen": {}, "once": False}, sys.executable)
        pid = _child()
        frames = connection.frames()
        for frame in frames:
            if frame["k"] == "live":
                break
        first, wire = _cpu(pid), _written(pid)
        drain = threading.Thread(target=_drain, args=(frames,), daemon=True)
        drain.start()
        time.sleep(seconds)
        idle = (_cpu(pid) - first) / seconds
        stop = threading.Event()
        events = event_trees.run_events("arriving", int(PACE * seconds) + 10)
        writer = threading.Thread(target=_write, args=(root, events, stop))
        before, begin = _cpu(pid), time.monotonic()
        writer.start()
        time.sleep(seconds)
        busy = (_cpu(pid) - before) / (time.monotonic() - begin)
        stop.set()
        writer.join()
        listing = _listing(root, seconds)
        connection.close()
    rows = [
        ["first reading", f"{first:.2f} s CPU", "", f"{made:,} events"],
        ["on the wire", f"{wire / made:.0f} B an event", f"{BYTES_LIMIT:.0f}", ""],
        ["idle", f"{100 * idle:.2f} % of a CPU", f"{100 * IDLE_LIMIT:.0f} %", ""],
        [
            "events arriving",
            f"{100 * busy:.2f} % of a CPU",
            f"{100 * BUSY_LIMIT:.0f} %",
            f"{PACE:.0f} a second",
        ],
        ["ls -lR each second", f"{100 * listing:.2f} % of a CPU", "", "by hand"],
    ]
    common.table(["", "figure", "limit", ""], rows)
    kept = wire / made <= BYTES_LIMIT and idle <= IDLE_LIMIT and busy <= BUSY_LIMIT
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
