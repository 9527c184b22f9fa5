"""What can be wrong with an installation's events, before anything is said about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError
from ksimage.errors.cluster import ClusterError
from ksimage.errors.file import FileError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class NoResults(FileError):
    """A folder that should hold ansible-runner's results holds none."""

    def __init__(self, path: Path) -> None:
        why = "there is no such folder"
        if path.is_dir():
            why = "a results folder has <component>/<ident>/job_events below it"
        elif path.exists():
            why = "it is no folder"
        super().__init__(
            f"no installation's results in {path}",
            why=why,
            advice=["give the pod's folder /kubesphere/results, or a copy of it"],
        )


class NoRecording(FileError):
    """A file that should be a recording of `ksimage watch --save` is something else."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(
            f"{path} is no recording",
            why=why,
            advice=["one is made by: ksimage watch --save FILE"],
        )


class FollowRefused(ClusterError):
    """The program that reads the events cannot run in the pod."""

    def __init__(self, pod: str, why: str) -> None:
        super().__init__(
            f"the events in {pod} cannot be read",
            why=why,
            advice=["the installer's container has a python3; its pod: ksimage watch POD"],
        )


class EventsWithoutEnd(ClusterError):
    """A source told more events than any installation has."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"more than {most:,} events came",
            why="an installation has some ten thousands; what sends more is no installer",
        )


class InstallationFailed(KsimageError):
    """A component of the installation that was watched failed, whether its end was seen or not."""

    exit_code = 24

    def __init__(self, components: Sequence[str]) -> None:
        super().__init__(f"the installation failed: {', '.join(components)}")


class InstallationUnknown(KsimageError):
    """What was watched ended, or was left, before the installation did, and no failure decides."""

    exit_code = 25

    def __init__(self, why: str, advice: Sequence[str] = ()) -> None:
        super().__init__("the installation's end was not seen", why=why, advice=advice)


class PodLost(KsimageError):
    """The pod that was watched is gone, or answers no more."""

    exit_code = 26

    def __init__(self, pod: str, why: str) -> None:
        super().__init__(
            f"{pod} is gone or answers no more",
            why=why,
            advice=["ksimage status", "kubectl -n kubesphere-system get pods"],
        )
