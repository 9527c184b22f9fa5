"""The DaemonSet that pulls."""

from __future__ import annotations

import json

from tests.unit.cluster.objects_of import candidate, deployment, installer

from ksimage.cluster.image import prepull


def test_it_may_as_much_as_the_installer_and_runs_everywhere() -> None:
    found = deployment()
    found["spec"]["template"]["spec"]["imagePullSecrets"] = [{"name": "harbor"}]
    create, remove = prepull.commands(candidate(), installer(found))
    made = json.loads(create.stdin)
    pod = made["spec"]["template"]["spec"]
    assert pod["imagePullSecrets"] == [{"name": "harbor"}]
    assert pod["serviceAccountName"] == "ks-installer"
    assert pod["automountServiceAccountToken"] is False
    assert pod["tolerations"] == [{"operator": "Exists"}]
    (container,) = pod["containers"]
    assert container["image"] == candidate().pinned
    assert made["metadata"]["name"] in remove.words
    assert made["spec"]["selector"]["matchLabels"].items() <= made["metadata"]["labels"].items()
    assert "ks-installer" not in made["metadata"]["labels"].values()
