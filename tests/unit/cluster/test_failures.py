"""kubectl's sentences, as kubectl 1.20 and 1.32 printed them against a real API server."""

from __future__ import annotations

import pytest

from ksimage.cluster.failures import failure
from ksimage.errors import (
    ClusterConflict,
    ClusterError,
    ClusterForbidden,
    ClusterLogin,
    ClusterMissing,
    ClusterRefused,
    ClusterSlow,
    ClusterUnreachable,
    KubeconfigUnusable,
)

SAID: dict[str, type[ClusterError]] = {
    "The connection to the server 127.0.0.1:16443 was refused - did you specify the right host or"
    " port?": ClusterUnreachable,
    "Unable to connect to the server: dial tcp: lookup api.lan: no such host": ClusterUnreachable,
    "Unable to connect to the server: x509: certificate signed by unknown authority":
        ClusterUnreachable,
    "Unable to connect to the server: net/http: TLS handshake timeout": ClusterUnreachable,
    "Unable to connect to the server: context deadline exceeded": ClusterSlow,
    "Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while"
    " awaiting headers)": ClusterSlow,
    "error: You must be logged in to the server (Unauthorized)": ClusterLogin,
    'Error from server (NotFound): deployments.apps "ks-installer" not found': ClusterMissing,
    "error: the server doesn't have a resource type \"clusterconfigurations\"": ClusterMissing,
    'Error from server (Conflict): Operation cannot be fulfilled on deployments.apps "x": the'
    " object has been modified; please apply your changes to the latest version": ClusterConflict,
    'error: context "nope" does not exist': KubeconfigUnusable,
    "error: stat /nowhere: no such file or directory": KubeconfigUnusable,
    'The Deployment "ks-installer" is invalid: spec.strategy.rollingUpdate: Forbidden: may not be'
    " specified when strategy `type` is 'Recreate'": ClusterRefused,
    "something new": ClusterRefused,
    "": ClusterRefused,
}  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_each_sentence_has_its_error(said: str) -> None:
    error = failure("kubectl get x", 1, said)
    assert type(error) is SAID[said]
    assert said.rsplit("\n", maxsplit=1)[-1][:60] in error.why or said == ""


@pytest.mark.parametrize(
    ("said", "verb", "resource", "group", "namespace"),
    [
        (
            'Error from server (Forbidden): deployments.apps "ks-installer" is forbidden: User "op"'
            ' cannot patch resource "deployments" in API group "apps" in the namespace "ks"',
            "patch", "deployments", "apps", "ks",
        ),
        (
            'Error from server (Forbidden): pods "p" is forbidden: User "op" cannot create resource'
            ' "pods/exec" in API group "" in the namespace "ks"',
            "create", "pods/exec", "", "ks",
        ),
        (
            'Error from server (Forbidden): nodes is forbidden: User "op" cannot list resource'
            ' "nodes" in API group "" at the cluster scope',
            "list", "nodes", "", "",
        ),
    ],
)  # fmt: skip
def test_a_missing_right_is_named(
    said: str, verb: str, resource: str, group: str, namespace: str
) -> None:
    error = failure("kubectl", 1, said)
    assert isinstance(error, ClusterForbidden)
    where = f"in the namespace {namespace}" if namespace else "(cluster-wide)"
    assert error.message == f"your account may not {verb} {resource} {where}"
    rule = f'apiGroups: ["{group}"], resources: ["{resource}"], verbs: ["{verb}"]'
    assert error.advice[0] == f"a Role needs: {rule}"
