"""Objects as the API server hands them out, for tests of what reads them."""

from __future__ import annotations

from typing import Any

from tests.cluster import manifests
from tests.cluster.manifests import Shape

from ksimage.cluster.image.registry import Candidate, Held, TagMeaning
from ksimage.cluster.installer import Installer, Pod, read_pod
from ksimage.cluster.rollout.leftovers import Leftovers
from ksimage.cluster.state import State, Step
from ksimage.cluster.status.overview import Status
from ksimage.images import reference
from ksimage.inspection.identity import Identity, Origin

IMAGE = "harbor.lan/kubesphereio/ks-installer:v3.3.2"
DIGEST = f"sha256:{'a' * 64}"
HOOK = "b" * 64


def deployment(image: str = IMAGE, shape: Shape = "kk-3.0.13", **metadata: Any) -> dict[str, Any]:
    """With what the API server fills in."""
    made = manifests.deployment("kubesphere-system", image, shape)
    made["metadata"] |= {"resourceVersion": "7", "generation": 2, "uid": "u", **metadata}
    rolling = {"maxSurge": "25%", "maxUnavailable": "25%"}
    made["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": rolling}
    made["status"] = {"observedGeneration": 2, "updatedReplicas": 1, "availableReplicas": 1}
    return made


def configuration(release: str = "v3.3.2", **parts: Any) -> dict[str, Any]:
    made = manifests.configuration("kubesphere-system", release, parts.pop("spec", {}))
    made["metadata"]["resourceVersion"] = "5"
    return {**made, **parts}


def installer(
    found: dict[str, Any] | None = None,
    configured: dict[str, Any] | None = None,
    *running: Pod,
) -> Installer:
    return Installer(found or deployment(), running, configured or {})


def pod_object(name: str = "ks-installer-1", **state: Any) -> dict[str, Any]:
    """A pod whose container is in ``state`` (waiting=…, running=…, terminated=…)."""
    status = {
        "name": "installer",
        "imageID": f"harbor.lan/kubesphereio/ks-installer@{DIGEST}",
        "containerID": "containerd://1",
        "restartCount": 0,
        "state": state or {"running": {"startedAt": "2026-01-02T03:04:05Z"}},
    }
    return {
        "metadata": {"name": name, "uid": name, "creationTimestamp": "2026-01-02T03:04:00Z"},
        "spec": {"nodeName": "node1", "containers": [{"name": "installer", "image": IMAGE}]},
        "status": {"phase": "Running", "containerStatuses": [status]},
    }


def pod(name: str = "ks-installer-1", **state: Any) -> Pod:
    return read_pod(pod_object(name, **state))


def candidate(**changes: Any) -> Candidate:
    made = Candidate(
        reference.parse("harbor.lan/kubesphereio/ks-installer"),
        DIGEST,
        frozenset({DIGEST}),
        frozenset({HOOK}),
        ("linux/amd64",),
        "v3.3.2",
        "ksimage 1 build of v3.3.2",
        ("unquiet",),
        "4",
        (),
    )
    return made._replace(**changes)


def state(**changes: Any) -> State:
    return State(100.0, HOOK, (), {}, None, None, (), ())._replace(**changes)


def step(component: str, rc: int | None = 0, **changes: Any) -> Step:
    return Step(component, component, rc, 1.0, 2.0, f"{component} | task", None)._replace(**changes)


OURS = Identity(Origin.KSIMAGE, ("v3.3.2",), (), "b" * 64, "", "", "1")
PRISTINE = OURS._replace(origin=Origin.PRISTINE)
HELD = Held(DIGEST, frozenset({DIGEST}), {}, "4")
DONE = {"core": {"version": "v3.3.2"}, "monitoring": {"status": "enabled"}}


def status(**changes: Any) -> Status:
    found = installer(deployment(), configuration(status=DONE), pod())
    values: dict[str, Any] = {
        "installer": found,
        "seen": state(env={"KS_INSTALLER_VERBOSITY": "4"}, marker=50.0),
        "unseen": "",
        "held": HELD,
        "tag": TagMeaning("v3.3.2", HELD),
        "identity": OURS,
        "left": Leftovers(),
        "record": None,
        "seconds": 1.0,
    }
    return Status(**{**values, **changes})
