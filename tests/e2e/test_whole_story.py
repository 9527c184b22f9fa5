"""A slow installation that fails, from its first minute to what is sent to the forum."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from typing import Literal

import pytest
from tests.support import requires
from tests.support.chromium import Browser
from tests.support.cluster import Images, Installation
from tests.support.panes import Pane, pane
from tests.support.program import COMMAND, environment
from tests.support.watching import execs

from ksimage.bundle.archive import open_bundle

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600, func_only=True)]

SPEC = {"monitoring": {"seconds": 45, "fail": True}, "common": {"redis": {"password": "Zq8-pear"}}}


@pytest.mark.parametrize("whose", ["patched", "pristine"])
def test_a_slow_installation_that_fails(
    installation: Installation,
    images: Images,
    chromium: Browser,
    whose: Literal["patched", "pristine"],
) -> None:
    installation.deploy(getattr(images, whose), SPEC, "v3.3.2")
    installation.running()
    _watch(installation, whose)
    told = installation.ksimage("collect", "-o", "bundle.tar.gz").ok().stderr
    assert "secrets hidden" in told
    files = {
        entry.path: entry.read()
        for entry in open_bundle(installation.folder / "bundle.tar.gz").entries()
    }
    assert b"Zq8-pear" not in b"".join(files.values())
    assert b"no route to the chart" in files["results/monitoring/monitoring/stdout"]
    _timeline(installation, chromium)
    _by_another_kubectl(installation)


def _watch(installation: Installation, whose: str) -> None:
    """On a terminal, which changes its size; the connection is cut three times."""
    command = shlex.join([*COMMAND, "watch", "--save", "run.jsonl", "-n", installation.namespace])
    shell = f"{command}; echo ended with $?; cat"
    env = environment(installation.env)
    with pane(shell, installation.folder, env) as terminal:
        shown = terminal.until(lambda text: "▶ monitoring" in text)
        known = "✓ patched by ksimage" if whose == "patched" else "unknown hook"
        assert known in shown.splitlines()[0]
        assert "phase 2/4 components side by side" in shown
        assert ("busy wait" in shown) == (whose == "pristine")
        _cut(terminal)
        terminal.keys("Down", "e")
        terminal.until(lambda text: "errors" in text)
        terminal.keys("e", "?")
        terminal.until(lambda text: "q" in text)
        terminal.keys("?")
        _cut(terminal)
        terminal.resize(140, 40)
        terminal.until(lambda text: "q leave (the installation goes on)" in text)
        _cut(terminal)
        terminal.until(lambda text: "FAILED" in text)
        terminal.keys("f")
        terminal.until(lambda text: "no route to the chart" in text)
        said = terminal.until(lambda text: "ended with" in text)
        assert "ended with 24" in said
        assert "✗ monitoring failed" in said
        assert "task    Deploying grafana" in said
        assert 'kk will still say "Welcome to KubeSphere!"' in said
        assert "ksimage collect -o bundle.tar.gz" in said
    again = installation.ksimage("watch", "run.jsonl")
    assert again.code == 24
    recorded = (installation.folder / "run.jsonl").read_text()
    assert recorded.count('"k":"lost"') == 3


def _cut(terminal: Pane) -> None:
    """Kill the kubectl that brings the events, and wait until another does."""
    watch = int(subprocess.check_output(["pgrep", "-P", str(terminal.pid)], text=True).split()[0])
    before = execs(watch)
    assert before
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    terminal.until(lambda _: bool(set(execs(watch)) - set(before)))
    terminal.until(lambda text: "no connection" not in text)


def _timeline(installation: Installation, chromium: Browser) -> None:
    report = installation.ksimage("timeline", "bundle.tar.gz").ok().stdout
    assert "Deploying prometheus" in report
    assert "no route to the chart" in report
    page = installation.folder / "timeline.html"
    installation.ksimage("timeline", "bundle.tar.gz", "-o", page.name).ok()
    chromium.open(page)
    assert "failed" in chromium.evaluate("document.getElementById('verdict').textContent")
    assert "monitoring" in chromium.evaluate("document.body.innerText")
    assert chromium.problems() == []


def _by_another_kubectl(installation: Installation) -> None:
    """Debian's, beside the one that the machine has: it tells the same."""
    old = installation.bed.place.old_kubectl
    requires.condition(old.is_file(), f"there is no {old} (tests/cluster/build)")
    seen = installation.ksimage("watch", "--kubectl", str(old))
    assert seen.code == 24
    assert "task    Deploying grafana" in seen.stdout
    installation.ksimage("collect", "--kubectl", str(old), "-o", "old.tar.gz").ok()
    paths = [
        {entry.path for entry in open_bundle(installation.folder / name).entries()}
        for name in ("bundle.tar.gz", "old.tar.gz")
    ]
    assert paths[0] <= paths[1]  # telemetry comes after the end
