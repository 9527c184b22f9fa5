"""``ksimage status`` in every situation of an installer's life, on a real cluster.

One installer goes through all of them; ``KSIMAGE_CAPTURES=1`` writes what was printed into
docs/status.md.
"""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pytest
from tests.e2e.test_rollout import busy_with
from tests.support import program
from tests.support.cluster import Images, Installation
from tests.support.program import REPOSITORY, Finished, ksimage

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800, func_only=True)]

PAGE = REPOSITORY / "docs" / "status.md"
HEAD = """\
# `ksimage status`, situation by situation

Captured on a real cluster (Kubernetes 1.20) with the miniature installer, whose pristine hook is
its own and so "neither upstream's nor ksimage's": `KSIMAGE_CAPTURES=1 pytest
tests/e2e/test_status.py` writes this page. Names and digests are shortened. The exit code stands
behind the title; [exit-codes.md](exit-codes.md) has their meaning.
"""


class Captures:
    """What was seen, in order."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.parts = [HEAD]

    def look(self, title: str, code: int, *expected: str) -> Finished:
        """One look; the result must have this exit code and these texts."""
        seen = patiently(self.installation, "status")
        told = f"{seen.stdout}{seen.stderr}"
        for text in expected:
            assert re.search(text, told), f"{title}: no {text!r} in\n{told}"
        assert seen.code == code, f"{title}\n{told}"
        self.parts.append(f"\n## {title} ({code})\n\n```console\n{self._short(told)}```\n")
        return seen

    def _short(self, text: str) -> str:
        text = re.sub(r"127\.0\.0\.1:5077/mini-[0-9a-f]+", "harbor.lan/kubesphereio", text)
        text = text.replace(self.installation.namespace, "kubesphere-system")
        return re.sub(r"(sha256:[0-9a-f]{8})[0-9a-f]{56}", r"\1…", text)

    def write(self) -> None:
        if os.environ.get("KSIMAGE_CAPTURES") == "1":
            PAGE.write_text("".join(self.parts))


def patiently(installation: Installation, *words: str) -> Finished:
    """Run ksimage, again where another session has just killed a part of the cluster."""
    for attempt in range(6):
        done = installation.ksimage(*words)
        away = done.code == 16 or "error dialing backend" in f"{done.stdout}{done.stderr}"
        if not away or attempt == 5:
            return done
        time.sleep(5)
    raise AssertionError("unreachable")


def test_every_situation(installation: Installation, images: Images, tmp_path: Path) -> None:
    seen = Captures(installation)
    seen.look("No installer", 17, "there is no Deployment")

    installation.deploy(images.pristine)
    installation.running()
    seen.look("A foreign hook, and nothing to install", 23, "waits for one", "neither upstream")

    patiently(installation, "rollout", images.patched, "--yes").ok()
    seen.look("Ours, before the first installation", 0, "it is +ksimage .* build of v3.3.2")

    spec = {"monitoring": {"seconds": 20, "fail": True}}
    installation.deploy(images.pristine, spec)
    patiently(installation, "rollout", images.patched, "--yes", "--force").ok()
    installation.until(lambda: busy_with(installation, "monitoring"), "monitoring at work", 600)
    seen.look("Ours, installing", 0, "monitoring for", "next +ksimage watch")

    installation.until(lambda: not at_work(installation), "the failure", 600)
    failed = seen.look(
        "Ours, a component failed", 22, "no route to the chart", "kk says Welcome although"
    )
    document = json.loads(installation.ksimage("status", "--output", "json").stdout)
    assert document["problems"] == ["monitoring failed"]
    assert document["image"]["origin"] == "ksimage"
    assert "rollout --component monitoring" in failed.stdout

    installation.configure({"monitoring": {"fail": False, "seconds": 1}})
    installation.until(lambda: at_work(installation), "the next run")
    installation.until(lambda: not at_work(installation), "its end", 600)
    seen.look("Ours, installed", 0, "installed: v3.3.2", r"marker there, and true")

    installation.kubectl(
        "exec", "deploy/ks-installer", "--", "cp", "/hooks/kubesphere/installRunner.py",
        "/hooks/kubesphere/installRunner.py.orig",
    )  # fmt: skip
    seen.look("A second hook beside it", 22, "a second hook")

    installation.deploy(images.pristine)
    installation.running()
    seen.look("KubeKey has applied its own Deployment", 23, r"was undone by somebody")
    patiently(installation, "rollout", "--undo", "--yes", "--force").ok()

    hook = tmp_path / "hook"
    words = ("render", "v3.3.2", "--from", images.repository, "--as", "configmap", "-o", str(hook))
    ksimage(*words, cwd=tmp_path).ok()
    patiently(installation, "rollout", "--configmap", str(hook), "--yes", "--force").ok()
    seen.look(
        "A hook from a ConfigMap", 0, "from a ConfigMap mounted over", "ksimage .* build of v3.3.2"
    )
    patiently(installation, "rollout", "--undo", "--yes", "--force").ok()

    tag = images.replaceable()
    installation.kubectl("set", "image", "deployment/ks-installer", f"installer={tag}")
    installation.until(lambda: pod_runs(installation, tag), "the tag's first image")
    images.replace(tag)
    seen.look("A stale copy", 23, "the node runs a stale copy", "ksimage rollout")

    installation.kubectl("scale", "deployment/ks-installer", "--replicas=2")
    installation.until(lambda: len(running(installation)) == 2, "two installers")
    seen.look("Two installers at once", 23, "two installers run at once")

    installation.kubectl("scale", "deployment/ks-installer", "--replicas=0")
    installation.until(lambda: not installation.pods(), "no pod")
    seen.look("Stopped", 22, "there is no pod")

    gone = f"installer={images.repository}:nowhere"
    installation.kubectl("set", "image", "deployment/ks-installer", gone)
    installation.kubectl("scale", "deployment/ks-installer", "--replicas=1")
    installation.until(lambda: waits_for(installation, "ErrImagePull"), "the failed pull")
    seen.look("The image is not there", 22, "cannot pull its image", "not found")

    broken = f"installer={images.crashing}"
    installation.kubectl("set", "image", "deployment/ks-installer", broken)
    installation.until(lambda: waits_for(installation, "CrashLoopBackOff"), "the crash")
    seen.look("The container crashes", 22, "exit code 3")
    seen.write()


def at_work(installation: Installation) -> bool:
    words = ("exec", "deploy/ks-installer", "--", "ps", "-e", "-o", "args")
    return "installRunner.py" in installation.kubectl(*words, check=False)


def running(installation: Installation) -> list[str]:
    pods = [pod["status"] for pod in installation.pods()]
    statuses = [status for pod in pods for status in pod.get("containerStatuses", [])]
    return [status["imageID"] for status in statuses if "running" in status["state"]]


def pod_runs(installation: Installation, image: str) -> bool:
    pods = [pod for pod in installation.pods() if "deletionTimestamp" not in pod["metadata"]]
    images = [pod["spec"]["containers"][0]["image"] for pod in pods]
    return images == [image] and len(running(installation)) == 1


def waits_for(installation: Installation, reason: str) -> bool:
    return reason in json.dumps([pod["status"] for pod in installation.pods()])


def test_it_changes_nothing_and_refreshes(installation: Installation, images: Images) -> None:
    installation.deploy(images.pristine)
    installation.running()
    before = installation.json("get", "deployment", "ks-installer")["metadata"]["generation"]
    process = program.start(
        "status", "-w", "--every", "1", "-n", installation.namespace,
        cwd=installation.folder, env=installation.env,
    )  # fmt: skip
    assert process.stdout is not None
    found = 0
    for line in process.stdout:
        found += line.startswith("image ")
        if found == 3:
            break
    process.send_signal(2)
    process.communicate(timeout=30)
    assert process.returncode == 0
    after = installation.json("get", "deployment", "ks-installer")["metadata"]["generation"]
    assert before == after
