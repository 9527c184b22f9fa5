"""18: bringing an image into the cluster. Each says what state the cluster was left in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNDO = "put back what was there: ksimage rollout --undo"
_STATUS = "look: ksimage status"


class RolloutError(KsimageError):
    """The image was not brought into the cluster, or not proven there."""

    exit_code = 18


class RolloutRefused(RolloutError):
    """There are reasons against the rollout. Nothing was changed."""

    def __init__(self, objections: Sequence[str], *, busy: bool = False) -> None:
        super().__init__(
            "the rollout is refused; nothing was changed",
            why="\n".join(objections),
            advice=[
                *(["wait for its end: ksimage watch"] * busy),
                "all the same: --force"
                + (" (first saves the results, which die with the pod)" if busy else ""),
            ],
        )
        self.objections = tuple(objections)


class RolloutStuck(RolloutError):
    """The new pod will not run, however long one waits."""

    def __init__(self, image: str, reason: str) -> None:
        super().__init__(
            "the new installer does not start",
            why=f"{reason}\nThe Deployment asks for {image}; the old pod is gone, no installer"
            " runs, and the components that are installed already go on running.",
            advice=[_UNDO, _STATUS],
        )


class RolloutTimedOut(RolloutError):
    """The new pod did not run in time; the cluster goes on trying by itself."""

    def __init__(self, image: str, seconds: float, reason: str) -> None:
        super().__init__(
            f"the new installer did not run within {seconds:g} s",
            why=f"{reason or 'nothing was told about it'}\nThe Deployment asks for {image} and the"
            " cluster goes on trying: this run only stopped waiting.",
            advice=[
                "wait on and prove: run the same command again (--timeout SECONDS)",
                _UNDO,
            ],
        )


class RolloutUnproven(RolloutError):
    """The pod runs, but not what was meant."""

    def __init__(self, image: str, failures: Sequence[str]) -> None:
        super().__init__(
            f"the pod does not run {image}",
            why="\n".join(failures),
            advice=[_STATUS, _UNDO],
        )


class RolloutOvertaken(RolloutError):
    """Another operator rolled something out while this run waited."""

    def __init__(self, by: str, image: str) -> None:
        super().__init__(
            f"another rollout came in between: {by or 'somebody'} asks for {image}",
            why="This run changed the Deployment first, theirs replaced that.",
            advice=[_STATUS],
        )


class RolloutNothingToUndo(RolloutError):
    """The Deployment carries no record of a rollout."""

    def __init__(self, where: str) -> None:
        super().__init__(
            "the Deployment carries no record of a rollout: there is nothing to undo",
            why=where,
            advice=["what it asked for before may be in a file: ls ~/.local/state/ksimage"],
        )


class ComponentUnknown(RolloutError):
    """The ClusterConfiguration has no such component."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"the ClusterConfiguration has no component {name}",
            advice=[f"it has: {', '.join(known) or 'none'}"],
        )


class PrePullFailed(RolloutError):
    """Not every node could pull the image. The installer was not touched."""

    def __init__(self, failures: Sequence[str], done: int, wanted: int) -> None:
        super().__init__(
            f"{done} of {wanted} nodes have the image; nothing else was changed",
            why="\n".join(failures),
            advice=["roll out all the same, without --pre-pull: the pod runs on one node only"],
        )


class MountUnusable(RolloutError):
    """A folder holds no ConfigMap of a patched hook that could be used here."""

    def __init__(self, folder: str, reason: str) -> None:
        super().__init__(
            f"{folder} holds no patched hook for this cluster",
            why=reason,
            advice=["make one: ksimage render RELEASE --as configmap -o DIR"],
        )
