"""12, 13, 15: answers for scripts rather than failures: there is work to do, or a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ksimage.errors.base import KsimageError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Outdated(KsimageError):
    """`ksimage check` found images that a build would change."""

    exit_code = 12

    def __init__(self, releases: Sequence[str], total: int) -> None:
        super().__init__(
            f"{len(releases)} of {total} images need a build: {', '.join(releases)}",
            advice=[f"ksimage build {' '.join(releases)} --push --replace"],
        )


class NotReproducible(KsimageError):
    """`ksimage reproduce` got another digest."""

    exit_code = 13

    def __init__(self, name: str, digest: str, rebuilt: str, differences: Sequence[str]) -> None:
        super().__init__(
            f"{name} is not what a rebuild gives: it is {digest}, the rebuild {rebuilt}",
            why="\n".join(differences),
        )


class CannotReproduce(KsimageError):
    """There is not enough at hand to rebuild an image."""

    exit_code = 13

    def __init__(self, name: str, reason: str, missing: Literal["", "base", "patches"]) -> None:
        advice = {
            "base": ["name the base: --base LOCATION"],
            "patches": ["name them: --patch FILE", "or their folder: --patch-dir DIR"],
        }
        super().__init__(
            f"{name} cannot be rebuilt from what is at hand",
            why=reason,
            advice=advice.get(missing, ()),
        )


class ChecksFailed(KsimageError):
    """Some of several images could not be checked; each has said why."""

    exit_code = 15

    def __init__(self, failed: Sequence[str], total: int) -> None:
        super().__init__(f"{len(failed)} of {total} could not be checked: {', '.join(failed)}")


class BuildsFailed(KsimageError):
    """Some of several builds failed; each has said why."""

    exit_code = 15

    def __init__(self, failed: Sequence[str], total: int) -> None:
        super().__init__(
            f"{len(failed)} of {total} builds failed: {', '.join(failed)}",
            advice=["the others are done; the same command goes on with what is missing"],
        )
