"""What the installer is and does: everything that `ksimage status` shows, gathered in two seconds.

Read-only. What cannot be found out in time is said to be unknown, and nothing waits for it.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from ksimage.cluster import installer as installers
from ksimage.cluster import state, waiting
from ksimage.cluster.image.registry import Held, TagMeaning, hold, look_at_tag
from ksimage.cluster.rollout import leftovers, record
from ksimage.errors import ClusterError, KsimageError
from ksimage.inspection import identity as image_identity
from ksimage.inspection.identity import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from ksimage.cluster.installer import Installer, Pod
    from ksimage.cluster.kubectl import Kubectl
    from ksimage.cluster.rollout.leftovers import Leftovers
    from ksimage.cluster.rollout.record import Record
    from ksimage.cluster.state import State, Step
    from ksimage.inspection.identity import Identity
    from ksimage.locations.options import OptionsFor

PATIENCE: Final = 1.5
"""Seconds that a registry has for its answer."""

T = TypeVar("T")


@dataclass(frozen=True)
class Status:
    """Everything that was found out.

    Attributes:
        seen: what the pod does; None when no container runs, and ``unseen`` says why.
        held: the running image's labels, as the registry has them; None when not known.
        tag: what the registry's tag means now; None where the Deployment names no tag.
        identity: whose the hook in the pod is; None when it was not seen.
        record: of the last rollout that is in force.
        seconds: how long it took to find all this out.
    """

    installer: Installer
    seen: State | None
    unseen: str
    held: Held | None
    tag: TagMeaning | None
    identity: Identity | None
    left: Leftovers
    record: Record | None
    seconds: float

    @property
    def pod(self) -> Pod | None:
        """The pod that matters."""
        return self.installer.pod

    @property
    def ours(self) -> bool:
        """Whether the hook in the pod was made by ksimage."""
        return self.identity is not None and self.identity.origin is Origin.KSIMAGE

    @property
    def failed(self) -> tuple[Step, ...]:
        """Steps of the last run that failed, of an installation that does not run any more."""
        return self.seen.failed if self.seen else ()

    @property
    def second(self) -> tuple[Pod, ...]:
        """Further installers that run at the same time."""
        return tuple(pod for pod in self.installer.pods if pod.running and pod is not self.pod)


def gather(kubectl: Kubectl, options: OptionsFor) -> Status:
    """Find everything out.

    Raises:
        InstallerMissing: there is no installer.
        ClusterError: the cluster cannot be asked.
    """
    began = time.monotonic()
    found = installers.find(kubectl)
    pod = found.pod
    held = _aside(lambda: hold(pod.image_id, pod.image, options) if pod else None)
    tag = _aside(lambda: look_at_tag(found.image, options))
    seen, unseen = _see(kubectl, pod)
    left = leftovers.find(found.deployment, found.container)
    known = _in_time(held)
    identity = None
    if seen is not None and seen.hook_sha256:
        labels = _labels(kubectl, left, known)
        identity = image_identity.judge(labels, seen.hook_sha256)
    return Status(
        found,
        seen,
        unseen,
        known,
        _in_time(tag),
        identity,
        left,
        record.read(found),
        time.monotonic() - began,
    )


def _see(kubectl: Kubectl, pod: Pod | None) -> tuple[State | None, str]:
    if pod is None:
        return None, "there is no pod"
    reason = waiting.of_pod(pod)
    if reason is not None:
        return None, reason.sentence
    try:
        return state.look(kubectl, pod), ""
    except ClusterError as error:
        return None, f"{error.message}: {error.why}"


def _labels(kubectl: Kubectl, left: Leftovers, held: Held | None) -> dict[str, str]:
    """What tells whose the hook is: of a mounted hook its ConfigMap, else the image's labels."""
    name = leftovers.configmap_name(left)
    if not name:
        return dict(held.labels) if held else {}
    try:
        return leftovers.claims(kubectl.get_json("get", "configmap", name))
    except ClusterError:
        return {}


def _aside(ask: Callable[[], T]) -> Future[T]:
    """Ask in a thread that nobody waits for longer than PATIENCE."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(ask())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True, name="registry").start()
    return future


def _in_time(future: Future[T]) -> T | None:
    try:
        return future.result(PATIENCE)
    except (TooLate, KsimageError, OSError):
        return None
