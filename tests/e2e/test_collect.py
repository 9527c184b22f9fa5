"""A bundle of a real installation: from a pod, from a container, and when half of it is gone."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.cluster import Images, Installation
from tests.support.engine import Engine
from tests.support.program import ksimage

from ksimage.bundle.archive import open_bundle
from ksimage.bundle.material import Material
from ksimage.cluster.files import packing
from ksimage.cluster.files.collection import put

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400, func_only=True)]

PASSWORD = 'Zq8-pear/"x1'
TOKEN = "sEcret-of-a-Secret-77"
SPEC: dict[str, Any] = {
    "monitoring": {"seconds": 1, "fail": True},
    "common": {"redis": {"password": PASSWORD}},
}
RESULTS = "/kubesphere/results"


def _files(path: Path) -> dict[str, bytes]:
    return {entry.path: entry.read() for entry in open_bundle(path).entries()}


def _secret(installation: Installation) -> None:
    data = {"token": base64.b64encode(TOKEN.encode()).decode()}
    installation.apply(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": data}
    )


@pytest.fixture
def failed(installation: Installation, images: Images) -> Installation:
    """An installation in which a component has failed, with secrets in several places."""
    _secret(installation)
    installation.deploy(images.patched, SPEC, "v3.3.2")
    pod = installation.running()
    installation.installed()
    said = f"{RESULTS}/monitoring/note"
    script = (
        f"printf '%s' 'token {TOKEN}, password: {PASSWORD}' > {said};"
        f" head -c 300000 /dev/urandom > {RESULTS}/noise"
    )
    installation.kubectl("exec", pod, "--", "bash", "-c", script)
    return installation


def test_everything_of_a_failed_installation(failed: Installation) -> None:
    done = failed.ksimage("collect", "-o", "b.tar.gz", "--output", "json").ok()
    bundle = failed.folder / "b.tar.gz"
    assert done.document["bundle"] == "b.tar.gz"
    assert done.document["sha256"] == hashlib.sha256(bundle.read_bytes()).hexdigest()
    assert done.document["missing"] == []

    files = _files(bundle)
    pod = failed.running()
    assert f"logs/{pod}.log" in files
    assert {
        "cluster/deployment.json",
        "cluster/clusterconfiguration.json",
        "cluster/nodes.json",
        f"cluster/{failed.namespace}/pods.json",
        f"cluster/{failed.namespace}/events.json",
        "results/monitoring/monitoring/rc",
        "results/monitoring/monitoring/stdout",
        "hook/installRunner.py",
    } <= set(files)
    assert any("job_events" in name for name in files)
    nodes = json.loads(files["cluster/nodes.json"])
    assert nodes[0]["info"]["kubeletVersion"].startswith("v1.")
    image = json.loads(files["cluster/image.json"])
    assert image["hook"]["sha256"] == hashlib.sha256(files["hook/installRunner.py"]).hexdigest()
    assert image["hook"]["whose"].startswith("changed")

    everything = b"\n".join(files.values())
    for secret in (PASSWORD, json.dumps(PASSWORD)[1:-1], TOKEN):
        assert secret.encode() not in everything, secret
    # Equal values have equal tokens: what redis was given is what the note says.
    configured = json.loads(files["cluster/clusterconfiguration.json"])["spec"]["common"]["redis"]
    assert configured["password"].encode() in files["results/monitoring/note"]


def test_every_byte_of_a_pod(failed: Installation) -> None:
    failed.ksimage("collect", "--no-redact", "-o", "b.tar.gz").ok()
    files = _files(failed.folder / "b.UNREDACTED.tar.gz")
    pod = failed.running()
    sums = failed.kubectl(
        "exec", pod, "--", "bash", "-c",
        "cd /kubesphere; shopt -s globstar;"
        " for f in results/**; do [ -f $f ] && sha256sum $f; done; true",
    )  # fmt: skip
    expected = {line.split()[1]: line.split()[0] for line in sums.splitlines()}
    found = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert len(expected) > 20
    assert {name: found.get(name) for name in expected} == expected
    # A bundle that was made without redaction can still be redacted.
    again = failed.ksimage("collect", "--redact-only", "b.UNREDACTED.tar.gz", "-o", "r.tar.gz").ok()
    assert "secrets hidden" in again.stderr
    assert PASSWORD.encode() not in b"".join(_files(failed.folder / "r.tar.gz").values())


def test_a_pod_that_crashes_gives_both_logs(installation: Installation, images: Images) -> None:
    installation.deploy(images.patched, {"monitoring": {"seconds": 300}}, "v3.3.2")
    pod = installation.running()
    # Its container ends and begins again: results die with it, the log before remains.
    time.sleep(3)
    installation.kubectl("exec", pod, "--", "kill", "-INT", "1", check=False)

    def restarted() -> bool:
        status = installation.pods()[0]["status"]["containerStatuses"][0]
        return status["restartCount"] > 0 and "running" in status["state"]

    installation.until(restarted, "a restart")
    installation.ksimage("collect", "-o", "b.tar.gz").ok()
    files = _files(installation.folder / "b.tar.gz")
    assert files[f"logs/{pod}.previous.log"]
    assert f"logs/{pod}.log" in files


def test_an_image_that_cannot_be_pulled(installation: Installation, images: Images) -> None:
    installation.deploy(f"{images.repository}:absent", SPEC, "v3.3.2")
    installation.until(installation.pods, "a pod")
    done = installation.ksimage("collect", "-o", "b.tar.gz", "--timeout", "10").ok()
    files = _files(installation.folder / "b.tar.gz")
    assert f"cluster/{installation.namespace}/pods.json" in files
    assert "missing: results" in done.stderr


def test_a_namespace_without_an_installer(installation: Installation) -> None:
    done = installation.ksimage("collect", "-o", "b.tar.gz").ok()
    assert "there is no pod of an installer" in done.stderr
    assert "cluster/nodes.json" in _files(installation.folder / "b.tar.gz")


def test_no_cluster_is_no_bundle(tmp_path: Path) -> None:
    from tests.support import requires

    requires.program("kubectl")
    done = ksimage(
        "collect", "-o", "b.tar.gz", "--timeout", "5", cwd=tmp_path,
        env={"KUBECONFIG": str(tmp_path / "absent")},
    )  # fmt: skip
    assert done.code == 21
    assert "nothing could be collected" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def container(
    clean_engine: Engine, runnable_base: Callable[[str], Any], tmp_path: Path
) -> Iterator[str]:
    """A container of the miniature's image, whose results lie on overlayfs."""
    base = runnable_base("add").location
    built = ksimage(
        "build", "v3.3.2", "--engine", "docker", "--from", base,
        cwd=tmp_path, env={"DOCKER_HOST": clean_engine.host},
    )  # fmt: skip
    name = built.ok().reference.partition("@")[0].removeprefix("docker-daemon:")
    wait = ("-c", "import time; time.sleep(300)")
    made = clean_engine.docker("run", "-d", "--network=none", "--entrypoint=python3", name, *wait)
    try:
        yield made
    finally:
        clean_engine.docker("rm", "-f", made, check=False)


def test_a_container_stands_behind_the_same_seam(
    clean_engine: Engine, container: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in clean_engine.environment.items():
        monkeypatch.setenv(name, value)
    script = (
        f"import os, hashlib; folder = '{RESULTS}/a/a'; os.makedirs(folder)\n"
        "data = os.urandom(2000000); open(folder + '/stdout', 'wb').write(data)\n"
        "print(hashlib.sha256(data).hexdigest())"
    )
    told = clean_engine.docker("exec", "-u", "0", container, "python3", "-c", script)
    with Material() as material:
        archive = material.file()
        prefix = ("docker", "exec", "-i", container)
        packed = packing.fetch(prefix, archive, limit=1 << 26, seconds=60)
        put(material, archive, packed)
        assert material.missing() == []
        found = {
            part.path: hashlib.sha256(b"".join(part.pieces)).hexdigest()
            for part in material.parts()
        }
    assert found["results/a/a/stdout"] == told
    assert "hook/installRunner.py" in found
