"""A pod followed for as long as it takes: over cuts, restarts of its container, and other pods."""

from __future__ import annotations

import base64
import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

from ksimage.cluster.failures import failure
from ksimage.cluster.files.stream import BrokenStream, Connection
from ksimage.cluster.installer import find_pods
from ksimage.errors import (
    ClusterAnswerCut,
    ClusterForbidden,
    ClusterLogin,
    ClusterSlow,
    ClusterUnreachable,
    FollowRefused,
    InstallerMissing,
    KubeconfigUnusable,
    PodLost,
)

if TYPE_CHECKING:
    from ksimage.cluster.kubectl import Kubectl
    from ksimage.errors import KsimageError
    from ksimage.events.frames import Frame

log = logging.getLogger(__name__)

RESULTS = "/kubesphere/results"
HOOK = "/hooks/kubesphere/installRunner.py"
CONFIG = "/kubesphere/config/ks-config.json"
PATIENCE = 300.0
"""Seconds for which a pod that does not answer is tried again."""
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
# What a shell or a runtime says where there is no such program.
_NO_PYTHON = ("executable file not found", "command not found", "not found in $PATH")


class Reached(NamedTuple):
    """The way into a pod.

    Attributes:
        prefix: the command that runs another one there: ``kubectl exec -i …``, ``docker exec -i …``
            or, on this machine, nothing.
        title: what to call it.
        image: the reference that it runs, where known.
    """

    prefix: Sequence[str]
    title: str
    image: str = ""


class PodReach:
    """The installer's pod by kubectl, looked for anew before each connection.

    Args:
        name: of the pod; empty: the newest of the installer's.
    """

    def __init__(self, kubectl: Kubectl, name: str = "") -> None:
        self._kubectl = kubectl
        self._name = name
        self._reached = False

    def __call__(self) -> Reached:
        """Raises ConnectionError once it was reached, InstallerMissing or ClusterError before."""
        try:
            pods = find_pods(self._kubectl)
            pod = next((pod for pod in pods if self._name in ("", pod.name)), None)
            if pod is None:
                raise InstallerMissing(self._kubectl.namespace, "pod")
            if pod.waiting:
                raise ConnectionError(f"{pod.name} does not run: {pod.waiting}")
        except (InstallerMissing, ClusterUnreachable, ClusterSlow, ClusterAnswerCut) as error:
            if self._reached:
                raise ConnectionError(error.why or error.message) from error
            raise
        self._reached = True
        prefix = self._kubectl.exec_argv(pod.name, container=pod.container, stdin=True)
        return Reached(prefix, pod.name, pod.image)

    def refusal(self, said: str) -> KsimageError | None:
        """What kubectl said at its end, where no further try would help; else None."""
        error = failure("kubectl exec", 1, said, self._kubectl.namespace)
        hopeless = (ClusterForbidden, ClusterLogin, KubeconfigUnusable)
        return error if isinstance(error, hopeless) else None


class PodSource:
    """The live source: frames of a pod, each event once and in order whatever is cut.

    Args:
        reach: the way into the pod, asked before each connection; it may name another pod each
            time. What it raises ends the following, except for ConnectionError, which is tried
            again.
        paths: ``root``, ``hook``, ``config`` where they are not the installer's.
        refusal: tells what the command said at its end, where no further try would help.
        once: end after all that is there was read.
        patience: seconds for which a pod that does not answer is tried again.
    """

    def __init__(
        self,
        reach: Callable[[], Reached],
        *,
        refusal: Callable[[str], KsimageError | None] = lambda _: None,
        paths: dict[str, str] | None = None,
        python: str = "python3",
        once: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        self.title = "ks-installer"
        self.live = not once
        self._reach = reach
        self._refusal = refusal
        self._paths = {"root": RESULTS, "hook": HOOK, "config": CONFIG, **(paths or {})}
        self._python = python
        self._patience = patience
        self._seen: dict[str, set[bytes]] = {}
        self._boot = ""
        self._closed = Event()
        self._connection: Connection | None = None

    def frames(self) -> Iterator[Frame]:
        """Frames as they come; ``lost`` between connections.

        Raises:
            FollowRefused: the program cannot run there.
            PodLost: nothing answered for ``patience`` seconds.
            KsimageError: what ``reach`` raises.
        """
        heard = time.monotonic()
        tries = 0
        while not self._closed.is_set():
            why = ""
            try:
                reached = self._reach()
                self.title = reached.title
                self._connection = Connection(reached.prefix, self._request(), self._python)
                for frame in self._connected(self._connection):
                    heard, tries = time.monotonic(), 0
                    yield frame
                    if frame["k"] == "hello":
                        title = reached.image or reached.title
                        yield {"k": "source", "title": title, "image": reached.image}
                    if frame["k"] == "end":
                        return
            except BrokenStream as error:
                why = str(error)
            except ConnectionError as error:
                why = str(error)
            except OSError as error:
                raise FollowRefused(self.title, error.strerror or str(error)) from error
            finally:
                if self._connection is not None:
                    self._connection.close()
            if self._closed.is_set():
                return
            log.debug("the connection to %s ended: %s", self.title, why)
            refused = self._refusal(why)
            if refused is not None:
                raise refused
            if not self._boot and any(word in why for word in _NO_PYTHON):
                raise FollowRefused(self.title, why)
            if time.monotonic() - heard > self._patience:
                raise PodLost(self.title, why)
            yield {"k": "lost", "why": why, "now": time.time()}
            self._closed.wait(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1

    def finish(self) -> None:
        """Ask for the end: what is there is read to its end first."""
        if self._connection is not None:
            self._connection.finish()

    def close(self) -> None:
        """Leave the pod alone, now. The installation goes on."""
        self._closed.set()
        if self._connection is not None:
            self._connection.close()

    def _connected(self, connection: Connection) -> Iterator[Frame]:
        for frame in connection.frames():
            if frame["k"] == "hello":
                if frame.get("boot") != self._boot:
                    self._seen.clear()  # another boot has other files
                self._boot = str(frame.get("boot"))
            elif frame["k"] in ("ev", "bad"):
                mark = _mark(frame)
                seen = self._seen.setdefault(f"{frame.get('c')}/{frame.get('i')}", set())
                if mark in seen:
                    continue
                seen.add(mark)
            yield frame

    def _request(self) -> Frame:
        seen = {
            folder: base64.b64encode(b"".join(marks)).decode()
            for folder, marks in self._seen.items()
        }
        return {**self._paths, "seen": seen, "once": not self.live}


def _mark(frame: Frame) -> bytes:
    """What the program knows an event by. Raises BrokenStream."""
    mark = frame.get("h")
    if isinstance(mark, str):
        with contextlib.suppress(ValueError):
            return base64.b64decode(mark, validate=True)
    raise BrokenStream("an event has no mark")
