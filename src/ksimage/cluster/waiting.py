"""Why an installer does not run yet, in one line; and whether waiting on can help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.objects import number, objects, text
from ksimage.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ksimage.cluster.installer import Pod

# The kubelet's reasons that no waiting cures.
_HOPELESS: Final = ("InvalidImageName", "ErrImageNeverPull", "CreateContainerError")
_PULL: Final = ("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable")
_FOREVER: Final = (
    "not found", "manifest unknown", "NAME_UNKNOWN", "unauthorized", "denied", "401", "403",
    "no match for platform", "x509", "server gave HTTP response to HTTPS client",
)  # fmt: skip
_CRASH: Final = ("CrashLoopBackOff", "RunContainerError", "CreateContainerConfigError")
MAX_TEXT: Final = 400


class Reason(NamedTuple):
    """Why it does not run. ``hopeless``: it will not, however long one waits."""

    sentence: str
    hopeless: bool = False


def of_pod(pod: Pod) -> Reason | None:
    """Why this pod's container does not run; None when it does."""
    name = f"pod {pod.name}"
    if pod.running:
        return None
    if pod.unscheduled:
        return Reason(f"{name} is pending: {printable(pod.unscheduled, MAX_TEXT)}")
    said = f"{pod.waiting}: {pod.waiting_message}" if pod.waiting_message else pod.waiting
    if pod.waiting in _HOPELESS:
        return Reason(f"{name}: {printable(said, MAX_TEXT)}", hopeless=True)
    if pod.waiting in _PULL:
        lost = any(word in pod.waiting_message for word in _FOREVER)
        return Reason(f"{name} cannot pull its image: {printable(said, MAX_TEXT)}", hopeless=lost)
    if pod.waiting in _CRASH:
        ended = f" ({pod.crashed})" if pod.crashed else ""
        lost = pod.waiting == "CrashLoopBackOff"
        return Reason(
            f"{name}: {printable(said, MAX_TEXT)}{printable(ended, MAX_TEXT)}", hopeless=lost
        )
    if pod.ended is not None:
        return Reason(f"{name}: its container has ended: {printable(pod.crashed, MAX_TEXT)}")
    if pod.phase == "Failed":
        return Reason(f"{name} failed (evicted?): another one is being made")
    where = f" on {pod.node}" if pod.node else ""
    return Reason(f"{name}{where}: {pod.waiting or pod.phase or 'not started'}")


def of_deployment(deployment: Mapping[str, object]) -> Reason | None:
    """Why the Deployment makes no pod; None when nothing says so."""
    seen = number(deployment, "status", "observedGeneration")
    if seen < number(deployment, "metadata", "generation"):
        return Reason("the controller manager has not seen the change yet: does it run?")
    for condition in objects(deployment, "status", "conditions"):
        kind, status = text(condition, "type"), text(condition, "status")
        if kind == "ReplicaFailure" and status == "True":
            message = printable(text(condition, "message"), MAX_TEXT)
            return Reason(f"no pod can be made: {message}", hopeless=True)
    return None


def of_all(pods: Sequence[Pod], rollout: str) -> tuple[Pod | None, Reason | None]:
    """The new pod, once it runs alone; until then, why not."""
    new = [pod for pod in pods if pod.rollout == rollout and not pod.deleting]
    old = [pod for pod in pods if pod not in new and _lives(pod)]
    if old:
        return None, Reason(f"pod {old[0].name} has to end first")
    for pod in new:
        reason = of_pod(pod)
        if reason is None:
            return pod, None
        return None, reason
    return None, None


def _lives(pod: Pod) -> bool:
    """Whether its installer may still be at work."""
    return pod.running or (pod.phase not in ("Succeeded", "Failed") and pod.ended is None)
