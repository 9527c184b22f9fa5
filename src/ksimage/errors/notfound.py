"""4: the base image or release is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError
from ksimage.text import did_you_mean, reference_without_login

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class NotFound(KsimageError):
    """A release, an image or the hook inside it does not exist."""

    exit_code = 4


class UnknownRelease(NotFound):
    """The name is no upstream release."""

    def __init__(self, name: str, nearest: Sequence[str]) -> None:
        self.nearest = tuple(nearest)
        super().__init__(
            f"unknown release {reference_without_login(name)!r}",
            why="it is not one of the upstream ks-installer tags that ksimage knows",
            advice=[
                *did_you_mean(nearest),
                "all known releases: ksimage releases",
                "or give the image itself: ksimage build REGISTRY/ks-installer:TAG",
            ],
        )


class UnsupportedRelease(NotFound):
    """Upstream shipped it, but ksimage does not patch it, on purpose."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"release {name} is not supported",
            why=reason,
            advice=["supported: every tag from v3.0.0 to v3.4.1"],
        )


class AmbiguousImage(NotFound):
    """A layout or archive holds several images and none was named."""

    def __init__(self, name: str, present: Sequence[str]) -> None:
        shown = [f"{name}{':' if not text.startswith('@') else ''}{text}" for text in present[:20]]
        more = [f"and {len(present) - 20} more"] if len(present) > 20 else []
        self.present = tuple(present)
        super().__init__(
            f"{name} does not say which of {len(present)} images is meant",
            advice=["name one:", *(f"  {text}" for text in shown), *more],
        )


class ImageNotFound(NotFound):
    """The location holds no such image."""

    def __init__(self, name: str, *, why: str = "", advice: Iterable[str] = ()) -> None:
        super().__init__(f"no image at {name}", why=why, advice=advice)


class PlatformNotFound(NotFound):
    """The image has no manifest for the platform asked for.

    ``near``: those present that differ by the variant alone. ``advice`` is for a platform that
    nobody typed.
    """

    def __init__(
        self,
        name: str,
        wanted: str,
        present: Sequence[str],
        *,
        near: Sequence[str] = (),
        advice: Sequence[str] = (),
    ) -> None:
        listed = [f"what it has: --platform {' | '.join(present)}"] if present else []
        super().__init__(
            f"{name} has no platform {wanted}",
            why=f"it holds {', '.join(present) or 'none'}",
            advice=advice or [f"--platform {text}" for text in near] or listed,
        )


class CloneUnusable(NotFound):
    """A clone of upstream's repository does not have what was asked for."""

    def __init__(self, clone: str, tag: str, words: str) -> None:
        super().__init__(
            f"{clone} gives no hook of {tag}",
            why=words,
            advice=["it must be a clone of kubesphere/ks-installer with all its tags"],
        )


class HookNotFound(NotFound):
    """The image has no usable installRunner.py."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} holds no usable /hooks/kubesphere/installRunner.py",
            why=reason,
            advice=["is it a ks-installer image?  ksimage inspect " + name],
        )


class BaseMoved(NotFound):
    """The base is not the one that was pinned by digest."""

    def __init__(self, name: str, pinned: str, found: str) -> None:
        super().__init__(
            f"{name} is not the base that was pinned",
            why=f"pinned is {pinned}, it holds {found}",
            advice=["look what it is: ksimage inspect " + name, "then pin the new digest"],
        )


class ReleaseMismatch(NotFound):
    """The image holds the hook of another release than the one asked for."""

    def __init__(self, name: str, wanted: str, found: Sequence[str]) -> None:
        super().__init__(
            f"{name} is not {wanted}",
            why=f"its hook is upstream's of {' or '.join(found)}",
            advice=[f"build what it is: ksimage build {found[0]}", f"or ksimage build {name}"],
        )


class UpstreamWithdrawn(NotFound):
    """The public default has nothing any more."""

    def __init__(self, name: str, found: str, engine: Sequence[str] = ()) -> None:
        looked, *several = engine or [""]
        super().__init__(
            f"{name} is not available: {found}",
            why="upstream withdrew its public images in 2025-07; ksimage patches the copy you have"
            + (f"\nlooked there after the local engine: {looked}" if looked else ""),
            advice=[
                *several,
                "your Harbor:        --from harbor.lan/kubesphereio",
                "the local engine:   --from docker-daemon:kubesphere/ks-installer",
                "a saved image:      --from docker-archive:ks-installer.tar",
                "a KubeKey artifact: --from kubekey:artifact.tar.gz",
            ],
        )
