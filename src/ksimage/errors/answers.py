"""12, 13, 15, 22 to 26: answers for scripts rather than failures of ksimage: there is work to do, a
difference, an installer or an installation that is not well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ksimage.errors.base import KsimageError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Outdated(KsimageError):
    """`ksimage check` found images that a build would change."""

    exit_code = 12

    def __init__(self, releases: Sequence[str], total: int) -> None:
        self.message = f"{len(releases)} of {total} images need a build: {', '.join(releases)}"
        self.advice = [f"ksimage build {' '.join(releases)} --push --replace"]


class NotReproducible(KsimageError):
    """`ksimage reproduce` got another digest."""

    exit_code = 13

    def __init__(self, name: str, digest: str, rebuilt: str, differences: Sequence[str]) -> None:
        self.message = f"{name} is not what a rebuild gives: it is {digest}, the rebuild {rebuilt}"
        self.why = "\n".join(differences)


class CannotReproduce(KsimageError):
    """There is not enough at hand to rebuild an image."""

    exit_code = 13

    def __init__(self, name: str, reason: str, missing: Literal["", "base", "patches"]) -> None:
        advice = {
            "base": ["name the base: --base LOCATION"],
            "patches": ["name them: --patch FILE", "or their folder: --patch-dir DIR"],
        }
        self.message = f"{name} cannot be rebuilt from what is at hand"
        self.why = reason
        self.advice = advice.get(missing, ())


class ChecksFailed(KsimageError):
    """Some of several images could not be checked; each has said why."""

    exit_code = 15

    def __init__(self, failed: Sequence[str], total: int) -> None:
        super().__init__(f"{len(failed)} of {total} could not be checked: {', '.join(failed)}")


class BuildsFailed(KsimageError):
    """Some of several builds failed; each has said why."""

    exit_code = 15

    def __init__(self, failed: Sequence[str], total: int, done: int) -> None:
        self.message = f"{len(failed)} of {total} builds failed: {', '.join(failed)}"
        others = "the others are done" if len(failed) + done == total else f"{done} of them done"
        missing = "the same command goes on with what is missing"
        self.advice = [f"{others}; {missing}" if done else "none is done; each has said why"]


class InstallerUnwell(KsimageError):
    """`ksimage status`: the installer is ours, but something failed or does not run."""

    exit_code = 22

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(f"not well: {'; '.join(reasons)}")


class InstallerForeign(KsimageError):
    """`ksimage status`: the installer that runs was not made by ksimage."""

    exit_code = 23

    def __init__(self, what: str) -> None:
        super().__init__(f"the installer was not made by ksimage: {what}")


class InstallationFailed(KsimageError):
    """A component of the installation that was watched failed, whether its end was seen or not."""

    exit_code = 24

    def __init__(self, components: Sequence[str]) -> None:
        super().__init__(f"the installation failed: {', '.join(components)}")


class InstallationUnknown(KsimageError):
    """What was watched ended, or was left, before the installation did, and no failure decides."""

    exit_code = 25

    def __init__(self, why: str) -> None:
        super().__init__("the installation's end was not seen", why=why)


class PodLost(KsimageError):
    """The pod that was watched is gone, or answers no more."""

    exit_code = 26

    def __init__(self, pod: str, why: str) -> None:
        self.message = f"{pod} is gone or answers no more"
        self.why = why
        self.advice = ["ksimage status", "kubectl -n kubesphere-system get pods"]
