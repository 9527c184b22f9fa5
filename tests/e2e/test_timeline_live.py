"""``ksimage timeline`` on a real cluster: of the pod as it is, and while it works."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.support.chromium import Browser
from tests.support.cluster import Images, Installation
from tests.support.program import COMMAND, environment

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600, func_only=True)]


def _live(installation: Installation, page: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "timeline", "--live", "--every", "1", "-o", page, "-n", installation.namespace],
        env=environment(installation.env),
        cwd=installation.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _until_written(page: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not page.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _event_files(installation: Installation, pod: str) -> int:
    listed = installation.kubectl(
        "exec", pod, "--", "find", "/kubesphere/results", "-name", "*.json"
    )
    return len(listed.splitlines())


def test_a_page_follows_the_installation_to_its_end(
    installation: Installation, images: Images, chromium: Browser
) -> None:
    installation.deploy(images.patched.partition("@")[0], {"monitoring": {"seconds": 4}})
    installation.running()
    page = installation.folder / "timeline.html"
    process = _live(installation, page.name)
    _until_written(page, process)
    chromium.open(page)
    assert chromium.evaluate("!document.getElementById('live').hidden")
    told, said = process.communicate(timeout=400)
    assert process.returncode == 0, said
    assert told == "timeline.html\n"
    chromium.open(page)
    assert chromium.evaluate("document.getElementById('live').hidden")
    assert chromium.evaluate("document.getElementById('verdict').textContent") == "installed"
    assert chromium.evaluate("timeline.run.tasks.filter(t => t.state === 'running').length") == 0
    assert images.patched.partition("@")[0] in chromium.evaluate("timeline.run.image")
    assert chromium.problems() == []
    # The pod's own files, read at once, tell the same.
    report = installation.ksimage("timeline").ok().stdout
    assert ": installed" not in report.partition("\n")[2]
    assert ", installed" in report.partition("\n")[0]


def test_leaving_it_disturbs_nothing(installation: Installation, images: Images) -> None:
    installation.deploy(images.patched.partition("@")[0], {"monitoring": {"seconds": 8}})
    pod = installation.running()
    page = installation.folder / "timeline.html"
    process = _live(installation, page.name)
    _until_written(page, process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "the installation goes on" in said
    assert '"refresh":0' in page.read_text()
    before = _event_files(installation, pod)
    installation.until(lambda: _event_files(installation, pod) > before, "another event", 120)
    assert installation.running() == pod
