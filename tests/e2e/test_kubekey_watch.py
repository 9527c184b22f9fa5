"""``ksimage kubekey CONFIG --watch`` beside kk: it waits for the installer, then watches it."""

from __future__ import annotations

import subprocess

import pytest
from tests.support.cluster import Images, Installation
from tests.support.program import COMMAND, environment

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300, func_only=True)]

CONFIG = """\
apiVersion: kubekey.kubesphere.io/v1alpha2
kind: Cluster
metadata: {name: sample}
spec:
  registry: {privateRegistry: harbor.lan, namespaceOverride: kubesphereio}
---
apiVersion: installer.kubesphere.io/v1alpha1
kind: ClusterConfiguration
metadata:
  labels:
    version: v3.3.2
spec: {}
"""


def test_it_waits_for_the_installer_and_tells_how_it_ended(
    installation: Installation, images: Images
) -> None:
    (installation.folder / "config.yaml").write_text(CONFIG)
    asked = ("kubekey", "config.yaml", "--kk-version", "v3.0.13", "--watch")
    process = subprocess.Popen(
        [*COMMAND, *asked, "-n", installation.namespace],
        cwd=installation.folder,
        env=environment(dict(installation.env)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "waiting for kk" in line:
                break
        installation.deploy(images.pristine, {"monitoring": {"seconds": 1}})
        stdout, stderr = process.communicate(timeout=240)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, stderr
    assert "harbor.lan/kubesphereio/ks-installer:v3.3.2" in stdout
    assert "ks-core" in stdout
