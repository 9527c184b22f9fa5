"""How much CPU ``ksimage --help`` takes, beside ``python -c "import click"``.

    python benchmarks/help_time.py [RUNS]

The two take turns, so that whatever else the machine does falls on both. The figure is the median
of the ratios of neighbouring runs; 1.5 is the most that it may be.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

HELP = (sys.executable, "-c", "from ksimage.cli import main; main()", "--help")
CLICK = (sys.executable, "-c", "import click")
LIMIT = 1.5


def cpu_seconds(command: tuple[str, ...]) -> float:
    """User and system time of one run."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_utime + usage.ru_stime


def main() -> int:
    """Measure, print, and say with the exit code whether the limit is kept."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    for command in (HELP, CLICK):
        cpu_seconds(command)  # bytecode is written, files are cached
    pairs = [(cpu_seconds(HELP), cpu_seconds(CLICK)) for _ in range(runs)]
    ratio = statistics.median(ours / click for ours, click in pairs)
    ours, click = (1000 * statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"ksimage --help  {ours:6.1f} ms CPU (median of {runs})")
    print(f"import click    {click:6.1f} ms CPU")
    print(f"ratio           {ratio:6.2f}    (limit {LIMIT})")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
