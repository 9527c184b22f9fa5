"""`ksimage status` against the kubectl commands that tell an operator less.

The peer is what one types without ksimage: three `kubectl get` and the sum of the hook by `exec`,
one after the other. Whole processes in turns on a running test cluster (`tests/cluster/up`) with an
installer; medians of wall and CPU seconds.

    python benchmarks/cluster_status.py NAMESPACE
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

from common import RUNS, TOP
from tests.cluster.place import Place

PEER = (
    "get deployment ks-installer -o json",
    "get pods -o json",
    "get cc ks-installer -o json",
    "exec deploy/ks-installer -- sha256sum /hooks/kubesphere/installRunner.py",
)


def main() -> None:
    namespace = sys.argv[1]
    os.environ["KUBECONFIG"] = str(Place().kubeconfig)
    os.environ["PYTHONPATH"] = str(TOP / "src")
    ours = [sys.executable, "-m", "ksimage", "status", "-n", namespace, "-q"]
    peers = [["kubectl", "-n", namespace, *words.split()] for words in PEER]
    taken: dict[str, list[tuple[float, float]]] = {"ksimage status": [], "kubectl, four times": []}
    for _ in range(RUNS):
        taken["ksimage status"].append(measured([ours]))
        taken["kubectl, four times"].append(measured(peers))
    for name, found in taken.items():
        wall, cpu = (statistics.median(column) for column in zip(*found, strict=True))
        print(f"{name:<22} {wall:6.2f} s  {cpu:6.2f} s CPU")
    medians = [statistics.median(wall for wall, _ in found) for found in taken.values()]
    print(f"ratio of wall times    {medians[0] / medians[1]:6.2f}")


def measured(commands: list[list[str]]) -> tuple[float, float]:
    """Wall and CPU seconds of the commands, children included."""
    began, before = time.monotonic(), os.times()
    for command in commands:
        subprocess.run(command, capture_output=True, check=False)
    after = os.times()
    cpu = after.children_user + after.children_system
    return time.monotonic() - began, cpu - before.children_user - before.children_system


if __name__ == "__main__":
    main()
