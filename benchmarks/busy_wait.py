"""What the wait loop without a sleep costs: the hook as it is against the patch poll-interval.

    python benchmarks/busy_wait.py [--pairs 3] [--hook installRunner.py] [--json]

Runs the parallel phase of the hook's own code on real ansible-runner, in pairs whose order
alternates, with one playbook left (the normal state of a minimal installation) and with four, with
tasks that compute and with tasks that mostly wait as kubectl does; each without a limit and under
one CPU, which is the limit of upstream's Deployment. Prints medians of the seconds that pass, their
ratio, and the CPU seconds of the hook's own process, in which Ansible's are not counted.

One CPU means a cgroup quota (version 1 or 2, as root), else one CPU's affinity.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TOP = Path(__file__).parents[1]
sys.path[:0] = [str(TOP), str(TOP / "src")]

from tests.behaviour import environments, hooks  # noqa: E402
from tests.behaviour.installation import PARALLEL, Installation  # noqa: E402

QUOTA = 100_000  # microseconds of CPU time in a period of as many
_MEASURE = """
import json, os, time
hook.preInstallTasks = lambda: None
hook.resultInfo = lambda *_: None
hook.getComponentLists = lambda: ({names!r}, [])
upstream = hook.getResultInfo
def measured():
    wall, before = time.monotonic(), os.times()
    failed = upstream()
    after = os.times()
    print('@@' + json.dumps({{
        'failed': failed,
        'wall': time.monotonic() - wall,
        'hook': after.user + after.system - before.user - before.system,
    }}), flush=True)
    return failed
hook.getResultInfo = measured
"""


@dataclass(frozen=True)
class Scenario:
    """``wait``: seconds that each task sleeps beside its work."""

    playbooks: int
    tasks: int
    wait: float
    limited: bool

    def __str__(self) -> str:
        what = f"{self.playbooks} playbook{'s' if self.playbooks > 1 else ''}"
        return f"{what}, {'waiting' if self.wait else 'computing'}" + (
            ", one CPU" if self.limited else ", no limit"
        )


@dataclass(frozen=True)
class Measurement:
    """Seconds. ``hook`` is the CPU time of the hook's process."""

    wall: float
    hook: float


@dataclass(frozen=True)
class Result:
    scenario: Scenario
    before: list[Measurement]
    after: list[Measurement]

    @property
    def ratio(self) -> float:
        """Median over the pairs of wall time before to wall time after."""
        return statistics.median(
            b.wall / a.wall for b, a in zip(self.before, self.after, strict=True)
        )

    def row(self) -> str:
        def median(values: Sequence[Measurement], what: str) -> float:
            return statistics.median(getattr(value, what) for value in values)

        return (
            f"{self.scenario!s:36} {median(self.before, 'wall'):9.1f} "
            f"{median(self.after, 'wall'):9.1f} {self.ratio:7.2f} "
            f"{median(self.before, 'hook'):11.1f} {median(self.after, 'hook'):9.1f}"
        )


@contextmanager
def one_cpu() -> Iterator[str]:
    """Put this process, and what it starts, under one CPU; yields how."""
    home = {
        line.split(":")[1]: line.strip().split(":", 2)[2]
        for line in Path("/proc/self/cgroup").read_text().splitlines()
    }
    name = f"ksimage-benchmark-{os.getpid()}"
    for controller in home:
        if "cpu" in controller.split(","):
            root, files = Path("/sys/fs/cgroup") / controller, ("cpu.cfs_quota_us", f"{QUOTA}")
            if not root.exists():
                root = Path("/sys/fs/cgroup/cpu")
            break
    else:
        controller, root, files = "", Path("/sys/fs/cgroup"), ("cpu.max", f"{QUOTA} {QUOTA}")
    group = root / name
    try:
        group.mkdir()
        (group / files[0]).write_text(files[1])
        (group / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        if group.exists():
            group.rmdir()
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(allowed)})
        yield "affinity to one CPU"
        os.sched_setaffinity(0, allowed)
        return
    try:
        yield f"cgroup quota ({files[0]})"
    finally:
        (root / home[controller].lstrip("/") / "cgroup.procs").write_text(str(os.getpid()))
        group.rmdir()


def measure(scenario: Scenario, hook: bytes, binaries: Path) -> Measurement:
    """One run of the parallel phase."""
    names = list(PARALLEL[: scenario.playbooks])
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(
            Path(folder) / "kubesphere", binaries, hook, prepare=_MEASURE.format(names=names)
        )
        command = f"sleep {scenario.wait}; echo done" if scenario.wait else "echo done"
        for name in names:
            installation.playbook(
                name,
                [{"name": f"{name} {n}", "shell": command} for n in range(scenario.tasks)],
            )
        run = installation.run(timeout=1800)
    marked = [line.text[2:] for line in run.stdout if line.text.startswith("@@")]
    if not marked or json.loads(marked[0])["failed"]:
        sys.exit(f"the hook did not get to the end of {scenario}:\n{run.log()}")
    found = json.loads(marked[0])
    return Measurement(found["wall"], found["hook"])


def compare(scenario: Scenario, hook: bytes, binaries: Path, pairs: int) -> Result:
    """Pairs of runs; every other pair begins with the patched hook."""
    versions = {"before": hook, "after": hooks.patched(hook, ["poll-interval"])}
    found: dict[str, list[Measurement]] = {"before": [], "after": []}
    for number in range(pairs):
        for which in sorted(versions, reverse=number % 2 == 0):
            found[which].append(measure(scenario, versions[which], binaries))
    return Result(scenario, found["before"], found["after"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--tasks", type=int, default=30, help="tasks in a playbook")
    parser.add_argument("--hook", type=Path, help="a pristine hook from v3.1 on")
    parser.add_argument("--only", default="", help="scenarios whose name contains this")
    parser.add_argument(
        "--environment",
        choices=[e.name for e in environments.ENVIRONMENTS],
        default="newest",
        help="which ansible-runner, with which Ansible",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    chosen = parser.parse_args()
    hook = chosen.hook.read_bytes() if chosen.hook else hooks.pristine()
    environment = next(e for e in environments.ENVIRONMENTS if e.name == chosen.environment)
    binaries = environments.prepare(environment)
    scenarios = [
        Scenario(playbooks, chosen.tasks // (3 if wait else 1), wait, limited)
        for limited in (False, True)
        for playbooks, wait in ((1, 0.0), (1, 1.0), (4, 0.0))
    ]
    head = f"{'':36} {'before s':>9} {'after s':>9} {'ratio':>7} {'hook CPU s':>11} {'after':>9}"
    print(head, file=sys.stderr)
    results = []
    for scenario in scenarios:
        if chosen.only not in str(scenario):
            continue
        if scenario.limited:
            with one_cpu() as how:
                result = compare(scenario, hook, binaries, chosen.pairs)
        else:
            how = "none"
            result = compare(scenario, hook, binaries, chosen.pairs)
        print(result.row(), file=sys.stderr)
        results.append(
            {"name": str(scenario), "limit": how, "ratio": result.ratio, **asdict(result)}
        )
    if chosen.json:
        json.dump({"environment": environment.name, "results": results}, sys.stdout, indent=2)
        print()


if __name__ == "__main__":
    main()
