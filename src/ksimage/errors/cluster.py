"""16 and 18: the cluster, with kubectl as the way to it, and bringing an image into it.

Each error of a rollout says what state the cluster was left in.
"""

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
        self.message = f"kubectl cannot be run: {program}"
        self.why = reason or "there is no such program in PATH"
        self.advice = ["another one: --kubectl PATH", "on a machine that kk set up it is there"]


class KubectlOld(ClusterError):
    """kubectl is older than what its output and options are known of."""

    def __init__(self, found: str, wanted: str) -> None:
        self.message = f"kubectl {found} is too old: at least {wanted} is needed"
        self.advice = ["another one: --kubectl PATH"]


class KubeconfigUnusable(ClusterError):
    """The kubeconfig or the context in it does not exist or cannot be read."""

    def __init__(self, reason: str) -> None:
        self.message = "kubectl has no usable configuration"
        self.why = reason
        self.advice = ["kubectl config get-contexts", "choose: --kubeconfig FILE, --context NAME"]


class ClusterUnreachable(ClusterError):
    """No API server answers."""

    def __init__(self, reason: str) -> None:
        self.message = "the cluster cannot be reached"
        self.why = reason
        self.advice = ["kubectl cluster-info", "another cluster: --kubeconfig FILE, --context NAME"]


class ClusterSlow(ClusterError):
    """kubectl did not end in time."""

    def __init__(self, command: str, seconds: float, reason: str = "") -> None:
        self.message = f"the cluster did not answer within {seconds:g} s"
        self.why = f"{command}\n{reason}".strip()
        self.advice = ["wait longer: --request-timeout SECONDS"]


class ClusterLogin(ClusterError):
    """The API server does not know who asks."""

    def __init__(self, reason: str) -> None:
        self.message = "the cluster does not accept the login in the kubeconfig"
        self.why = reason
        self.advice = ["kubectl auth can-i get pods", "another one: --kubeconfig FILE"]


class ClusterForbidden(ClusterError):
    """The account lacks a right. The verb and what it is for are named.

    ``verb`` is empty where kubectl hides it, ``resource`` is as in a Role (``pods/exec``), the API
    ``group`` is empty for the core, and ``namespace`` for what is in none.
    """

    def __init__(
        self, reason: str, *, verb: str, resource: str, group: str = "", namespace: str = ""
    ) -> None:
        where = f" in the namespace {namespace}" if namespace else " (cluster-wide)"
        self.message = f"your account may not {verb or 'use'} {resource}{where}"
        self.why = reason
        self.advice = [
            f'a Role needs: apiGroups: ["{group}"], resources: ["{resource}"], verbs: ["{verb}"]',
            "the whole Role is in docs/cluster.md",
        ]


class ClusterMissing(ClusterError):
    """The cluster has no such object, or no such kind of object."""

    def __init__(self, reason: str) -> None:
        super().__init__("the cluster has no such object", why=reason)


class ClusterConflict(ClusterError):
    """Somebody else changed the object meanwhile (the optimistic lock held)."""

    def __init__(self, reason: str) -> None:
        self.message = (
            "somebody else changed the object at the same time; nothing was changed by this run"
        )
        self.why = reason
        self.advice = ["look: ksimage status", "then run the same command again"]


class ClusterRefused(ClusterError):
    """kubectl or the API server said no, in a way that has no name of its own here."""

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(f"this command failed: {command}", why=reason)


class ClusterAnswerCut(ClusterError):
    """kubectl ended with status 0, but its output is not whole."""

    def __init__(self, command: str, reason: str) -> None:
        self.message = "kubectl said that all went well, but what it printed is not whole"
        self.why = f"{command}: {reason}"
        self.advice = ["this happens when the API server or a proxy cuts a stream: run it again"]


class InstallerMissing(KsimageError):
    """The namespace has no ks-installer."""

    exit_code = 17

    def __init__(self, namespace: str, kind: str = "Deployment") -> None:
        self.message = f"there is no {kind} of ks-installer in the namespace {namespace}"
        self.advice = [
            "another namespace: -n NAME",
            "another cluster: --kubeconfig FILE, --context NAME",
            "KubeSphere v4 has no ks-installer at all",
        ]


class FollowRefused(ClusterError):
    """The program that reads the events cannot run in the pod."""

    def __init__(self, pod: str, why: str) -> None:
        self.message = f"the events in {pod} cannot be read"
        self.why = why
        self.advice = ["the installer's container has a python3; its pod: ksimage watch POD"]


class EventsWithoutEnd(ClusterError):
    """A source told more events than any installation has."""

    def __init__(self, most: int) -> None:
        self.message = f"more than {most:,} events came"
        self.why = "an installation has some ten thousands; what sends more is no installer"


_UNDO = "put back what was there: ksimage rollout --undo"
_STATUS = "look: ksimage status"


class RolloutError(KsimageError):
    """The image was not brought into the cluster, or not proven there."""

    exit_code = 18


class RolloutRefused(RolloutError):
    """There are reasons against the rollout. Nothing was changed."""

    def __init__(self, objections: Sequence[str], *, busy: bool = False) -> None:
        self.message = "the rollout is refused; nothing was changed"
        self.why = "\n".join(objections)
        self.advice = [
            *(["wait for its end: ksimage watch"] * busy),
            "all the same: --force"
            + (" (first saves the results, which die with the pod)" if busy else ""),
        ]


class RolloutStuck(RolloutError):
    """The new pod will not run, however long one waits."""

    def __init__(self, image: str, reason: str) -> None:
        self.message = "the new installer does not start"
        self.why = (
            f"{reason}\nThe Deployment asks for {image}; the old pod is gone, no installer"
            " runs, and the components that are installed already go on running."
        )
        self.advice = [_UNDO, _STATUS]


class RolloutTimedOut(RolloutError):
    """The new pod did not run in time; the cluster goes on trying by itself."""

    def __init__(self, image: str, seconds: float, reason: str) -> None:
        self.message = f"the new installer did not run within {seconds:g} s"
        self.why = (
            f"{reason or 'nothing was told about it'}\nThe Deployment asks for {image} and the"
            " cluster goes on trying: this run only stopped waiting."
        )
        self.advice = ["wait on and prove: run the same command again (--timeout SECONDS)", _UNDO]


class RolloutUnproven(RolloutError):
    """The pod runs, but not what was meant."""

    def __init__(self, image: str, failures: Sequence[str]) -> None:
        self.message = f"the pod does not run {image}"
        self.why = "\n".join(failures)
        self.advice = [_STATUS, _UNDO]


class RolloutOvertaken(RolloutError):
    """Another operator rolled something out while this run waited."""

    def __init__(self, by: str, image: str) -> None:
        self.message = f"another rollout came in between: {by or 'somebody'} asks for {image}"
        self.why = "This run changed the Deployment first, theirs replaced that."
        self.advice = [_STATUS]


class RolloutNothingToUndo(RolloutError):
    """The Deployment carries no record of a rollout."""

    def __init__(self, where: str) -> None:
        self.message = "the Deployment carries no record of a rollout: there is nothing to undo"
        self.why = where
        self.advice = ["what it asked for before may be in a file: ls ~/.local/state/ksimage"]


class ComponentUnknown(RolloutError):
    """The ClusterConfiguration has no such component."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.message = f"the ClusterConfiguration has no component {name}"
        self.advice = [f"it has: {', '.join(known) or 'none'}"]


class PrePullFailed(RolloutError):
    """Not every node could pull the image. The installer was not touched."""

    def __init__(self, failures: Sequence[str], done: int, wanted: int) -> None:
        self.message = f"{done} of {wanted} nodes have the image; nothing else was changed"
        self.why = "\n".join(failures)
        self.advice = ["roll out all the same, without --pre-pull: the pod runs on one node only"]


class MountUnusable(RolloutError):
    """A folder holds no ConfigMap of a patched hook that could be used here."""

    def __init__(self, folder: str, reason: str) -> None:
        self.message = f"{folder} holds no patched hook for this cluster"
        self.why = reason
        self.advice = ["make one: ksimage render RELEASE --as configmap -o DIR"]
