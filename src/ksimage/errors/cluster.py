"""16: the cluster, and kubectl as the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError

if TYPE_CHECKING:
    from collections.abc import Sequence


class ClusterError(KsimageError):
    """The cluster cannot be reached through kubectl, or answers something that cannot be used."""

    exit_code = 16


class KubectlMissing(ClusterError):
    """There is no kubectl to be run."""

    def __init__(self, program: str, reason: str = "") -> None:
        super().__init__(
            f"kubectl cannot be run: {program}",
            why=reason or "there is no such program in PATH",
            advice=["another one: --kubectl PATH", "on a machine that kk set up it is there"],
        )


class KubectlOld(ClusterError):
    """kubectl is older than what its output and options are known of."""

    def __init__(self, found: str, wanted: str) -> None:
        super().__init__(
            f"kubectl {found} is too old: at least {wanted} is needed",
            advice=["another one: --kubectl PATH"],
        )


class KubeconfigUnusable(ClusterError):
    """The kubeconfig or the context in it does not exist or cannot be read."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "kubectl has no usable configuration",
            why=reason,
            advice=["kubectl config get-contexts", "choose: --kubeconfig FILE, --context NAME"],
        )


class ClusterUnreachable(ClusterError):
    """No API server answers."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "the cluster cannot be reached",
            why=reason,
            advice=["kubectl cluster-info", "another cluster: --kubeconfig FILE, --context NAME"],
        )


class ClusterSlow(ClusterError):
    """kubectl did not end in time."""

    def __init__(self, command: str, seconds: float, reason: str = "") -> None:
        super().__init__(
            f"the cluster did not answer within {seconds:g} s",
            why=f"{command}\n{reason}".strip(),
            advice=["wait longer: --request-timeout SECONDS"],
        )


class ClusterLogin(ClusterError):
    """The API server does not know who asks."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "the cluster does not accept the login in the kubeconfig",
            why=reason,
            advice=["kubectl auth can-i get pods", "another one: --kubeconfig FILE"],
        )


class ClusterForbidden(ClusterError):
    """The account lacks a right. The verb and what it is for are named.

    Attributes:
        verb: ``patch``, ``create``, …; empty where kubectl hides it.
        resource: as in a Role, ``pods/exec``.
        group: API group, empty for the core.
        namespace: empty for what is in none.
    """

    def __init__(
        self, reason: str, *, verb: str, resource: str, group: str = "", namespace: str = ""
    ) -> None:
        where = f" in the namespace {namespace}" if namespace else " (cluster-wide)"
        super().__init__(
            f"your account may not {verb or 'use'} {resource}{where}",
            why=reason,
            advice=[
                f'a Role needs: apiGroups: ["{group}"], resources: ["{resource}"],'
                f' verbs: ["{verb}"]',
                "the whole Role is in docs/cluster.md",
            ],
        )
        self.verb, self.resource, self.group, self.namespace = verb, resource, group, namespace


class ClusterMissing(ClusterError):
    """The cluster has no such object, or no such kind of object."""

    def __init__(self, reason: str, advice: Sequence[str] = ()) -> None:
        super().__init__("the cluster has no such object", why=reason, advice=advice)


class ClusterConflict(ClusterError):
    """Somebody else changed the object meanwhile (the optimistic lock held)."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "somebody else changed the object at the same time; nothing was changed by this run",
            why=reason,
            advice=["look: ksimage status", "then run the same command again"],
        )


class ClusterRefused(ClusterError):
    """kubectl or the API server said no, in a way that has no name of its own here."""

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(f"this command failed: {command}", why=reason)


class ClusterAnswerCut(ClusterError):
    """kubectl ended with status 0, but its output is not whole."""

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(
            "kubectl said that all went well, but what it printed is not whole",
            why=f"{command}: {reason}",
            advice=["this happens when the API server or a proxy cuts a stream: run it again"],
        )


class InstallerMissing(KsimageError):
    """The namespace has no ks-installer."""

    exit_code = 17

    def __init__(self, namespace: str, kind: str = "Deployment") -> None:
        super().__init__(
            f"there is no {kind} of ks-installer in the namespace {namespace}",
            advice=[
                "another namespace: -n NAME",
                "another cluster: --kubeconfig FILE, --context NAME",
                "KubeSphere v4 has no ks-installer at all",
            ],
        )
