"""Which reports of a node count as proof."""

from __future__ import annotations

import pytest
from tests.unit.cluster.objects_of import DIGEST, HOOK, candidate, pod, state

from ksimage.cluster.image import proof
from ksimage.cluster.image.registry import digest_of

OTHER = f"sha256:{'c' * 64}"


@pytest.mark.parametrize(
    ("reported", "digest"),
    [
        (f"harbor.lan/x@{DIGEST}", DIGEST),
        (f"docker-pullable://harbor.lan/x@{DIGEST}", DIGEST),
        (f"docker://{DIGEST}", DIGEST),
        (DIGEST, DIGEST),
        ("harbor.lan/x:tag", ""),
        ("", ""),
    ],
)
def test_the_digest_in_what_a_node_reports(reported: str, digest: str) -> None:
    assert digest_of(reported) == digest


def test_host_and_repository_mean_nothing() -> None:
    elsewhere = pod()._replace(image_id=f"other.lan/else@{DIGEST}")
    assert all(p.passed for p in proof.prove(elsewhere, state(), candidate()))


def test_each_failure() -> None:
    stale = pod()._replace(image_id=f"x@{OTHER}")
    found = {p.name: p for p in proof.prove(stale, state(), candidate())}
    assert found["the node runs this image"].passed is False
    assert "on node1" in found["the node runs this image"].detail
    asked = proof.prove(stale, state(), candidate(), ask=lambda name: name == f"x@{OTHER}")
    assert asked[0].passed is True
    pinned = stale._replace(image=candidate().pinned)
    assert proof.prove(pinned, state(), candidate())[0].passed is None

    changed = proof.prove(pod(), state(hook_sha256="d" * 64), candidate())
    assert changed[1].passed is False
    gone = proof.prove(pod(), state(hook_sha256=""), candidate())
    assert "nothing" in gone[1].detail
    second = proof.prove(pod(), state(stray=("/hooks/x.orig",)), candidate())
    assert second[2].passed is False
    two = proof.prove(pod(), state(), candidate(), [pod("ks-installer-2")])
    assert two[3].passed is False
    assert HOOK in changed[1].detail or "d" * 64 in changed[1].detail
