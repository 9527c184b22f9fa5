"""An installation in a container: ``docker exec`` leads there as ``kubectl exec`` does."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import pod_image
from tests.support.engine import Engine
from tests.support.event_trees import read_tree
from tests.support.program import ksimage

from ksimage.cluster.files.follow import PodSource, Reached
from ksimage.events.frames import Chronicle
from ksimage.events.phases import judge

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

SPEC = '{"spec": {"monitoring": {"seconds": 8, "fail": true}}, "status": {}}'


@pytest.fixture
def container(clean_engine: Engine, tmp_path: Path) -> Iterator[str]:
    """One in which the patched miniature installs; its results lie on overlayfs."""
    pod_image.build(tmp_path / "base")
    words = ("build", "v3.3.2", "--engine", "docker", "--from", f"oci:{tmp_path}/base")
    built = ksimage(*words, cwd=tmp_path, env={"DOCKER_HOST": clean_engine.host}).ok()
    name = built.reference.partition("@")[0].removeprefix("docker-daemon:")
    hook = "/hooks/kubesphere/installRunner.py"
    line = f"echo {shlex.quote(SPEC)} > /kubesphere/cluster.json; {hook}; exec sleep 300"
    command = ("run", "-d", "--network=none", "--entrypoint=bash", name, "-c", line)
    made = clean_engine.docker(*command)
    try:
        yield made
    finally:
        clean_engine.docker("rm", "-f", made, check=False)


def test_it_is_followed_over_three_cuts(
    clean_engine: Engine, container: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in clean_engine.environment.items():
        monkeypatch.setenv(name, value)
    told = Chronicle()
    came: Counter[tuple[object, object, object]] = Counter()
    cuts = 0
    source = PodSource(lambda: Reached(("docker", "exec", "-i", container), "container"))
    for frame in source.frames():
        told.take(frame)
        if frame["k"] == "ev":
            came[frame["c"], frame["h"], frame["n"]] += 1
        # Each time something new was found, so that folders are seen to change after a cut too.
        if cuts < 3 and frame["k"] == "ev" and told.live and len(came) > 8 * (cuts + 1):
            cuts += 1
            told.live = False
            for pid in _docker_execs():
                os.kill(pid, signal.SIGKILL)
        if judge(told.attempt, ("monitoring",)).outcome == "failed" and told.live:
            source.finish()
    assert cuts == 3
    assert set(came.values()) == {1}
    assert [run.component for run in judge(told.attempt, ()).failed] == ["monitoring"]

    clean_engine.docker("cp", f"{container}:/kubesphere/results", str(tmp_path / "results"))
    files = read_tree(tmp_path / "results")
    followed = {run.component: run for run in told.attempt.runs}
    assert "result-info" in followed
    for run in files.runs:
        if run.component in followed and run.component != "telemetry":
            assert followed[run.component].tasks == run.tasks
            assert followed[run.component].stats == run.stats


def _docker_execs() -> list[int]:
    """The clients that this process has started."""
    found = subprocess.run(["pgrep", "-x", "-P", str(os.getpid()), "docker"], capture_output=True)
    return [int(pid) for pid in found.stdout.split()]
