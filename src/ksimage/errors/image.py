"""4, 6, 11 and 20: images: not there, malformed, or not what they must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError
from ksimage.text import did_you_mean, reference_without_login

if TYPE_CHECKING:
    from collections.abc import Sequence


class NotFound(KsimageError):
    """A release, an image or the hook inside it does not exist."""

    exit_code = 4


class UnknownRelease(NotFound):
    """The name is no upstream release."""

    def __init__(self, name: str, nearest: Sequence[str]) -> None:
        self.nearest = tuple(nearest)
        self.message = f"unknown release {reference_without_login(name)!r}"
        self.why = "it is not one of the upstream ks-installer tags that ksimage knows"
        self.advice = [
            *did_you_mean(nearest),
            "all known releases: ksimage releases",
            "or give the image itself: ksimage build REGISTRY/ks-installer:TAG",
        ]


class UnsupportedRelease(NotFound):
    """Upstream shipped it, but ksimage does not patch it, on purpose."""

    def __init__(self, name: str, reason: str) -> None:
        self.message = f"release {name} is not supported"
        self.why = reason
        self.advice = ["supported: every tag from v3.0.0 to v3.4.1"]


class AmbiguousImage(NotFound):
    """A layout or archive holds several images and none was named."""

    def __init__(self, name: str, present: Sequence[str]) -> None:
        shown = [f"{name}{':' if not text.startswith('@') else ''}{text}" for text in present[:20]]
        more = [f"and {len(present) - 20} more"] if len(present) > 20 else []
        self.present = tuple(present)
        self.message = f"{name} does not say which of {len(present)} images is meant"
        self.advice = ["name one:", *(f"  {text}" for text in shown), *more]


class ImageNotFound(NotFound):
    """The location holds no such image."""

    def __init__(self, name: str, *, why: str = "", advice: Sequence[str] = ()) -> None:
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
        self.message = f"{name} has no platform {wanted}"
        self.why = f"it holds {', '.join(present) or 'none'}"
        self.advice = advice or [f"--platform {text}" for text in near] or listed


class CloneUnusable(NotFound):
    """A clone of upstream's repository does not have what was asked for."""

    def __init__(self, clone: str, tag: str, words: str) -> None:
        self.message = f"{clone} gives no hook of {tag}"
        self.why = words
        self.advice = ["it must be a clone of kubesphere/ks-installer with all its tags"]


class HookNotFound(NotFound):
    """The image has no usable installRunner.py."""

    def __init__(self, name: str, reason: str) -> None:
        self.message = f"{name} holds no usable /hooks/kubesphere/installRunner.py"
        self.why = reason
        self.advice = ["is it a ks-installer image?  ksimage inspect " + name]


class BaseMoved(NotFound):
    """The base is not the one that was pinned by digest."""

    def __init__(self, name: str, pinned: str, found: str) -> None:
        self.message = f"{name} is not the base that was pinned"
        self.why = f"pinned is {pinned}, it holds {found}"
        self.advice = ["look what it is: ksimage inspect " + name, "then pin the new digest"]


class ReleaseMismatch(NotFound):
    """The image holds the hook of another release than the one asked for."""

    def __init__(self, name: str, wanted: str, found: Sequence[str]) -> None:
        self.message = f"{name} is not {wanted}"
        self.why = f"its hook is upstream's of {' or '.join(found)}"
        self.advice = [f"build what it is: ksimage build {found[0]}", f"or ksimage build {name}"]


class UpstreamWithdrawn(NotFound):
    """The public default has nothing any more."""

    def __init__(self, name: str, found: str, engine: Sequence[str] = ()) -> None:
        looked, *several = engine or [""]
        self.message = f"{name} is not available: {found}"
        self.why = (
            "upstream withdrew its public images in 2025-07; ksimage patches the copy you have"
            + (f"\nlooked there after the local engine: {looked}" if looked else "")
        )
        self.advice = [
            *several,
            "your Harbor:        --from harbor.lan/kubesphereio",
            "the local engine:   --from docker-daemon:kubesphere/ks-installer",
            "a saved image:      --from docker-archive:ks-installer.tar",
            "a KubeKey artifact: --from kubekey:artifact.tar.gz",
        ]


class MalformedImage(KsimageError):
    """An image breaks its format, or a bound that protects this machine."""

    exit_code = 11

    def __init__(self, name: str, reason: str, *, advice: Sequence[str] = ()) -> None:
        super().__init__(f"{name} is not a valid image", why=reason, advice=advice)


class DigestMismatch(MalformedImage):
    """The bytes are not those that the digest names."""

    def __init__(self, name: str, expected: str, actual: str) -> None:
        again = "the copy is damaged or was tampered with: copy the image again from its source"
        super().__init__(name, f"expected {expected}, got {actual}", advice=[again])


class UnsupportedImage(MalformedImage):
    """A valid image of a kind that cannot be derived from."""


class BaseBroken(MalformedImage):
    """The base is no image that an installer would run in, patched or not."""

    def __init__(self, name: str, faults: Sequence[str], *, repairable: bool) -> None:
        self.message = f"{name} would not run, patched or not"
        self.why = "\n".join(faults)
        self.advice = [
            *(["give it what upstream's image has: --repair"] * repairable),
            "use upstream's image, as KubeKey or its registry has it: --from LOCATION",
        ]


class ProofFailed(KsimageError):
    """The finished image is not what it must be; it is not handed out."""

    exit_code = 6

    def __init__(self, name: str, failures: Sequence[str], *, advice: Sequence[str] = ()) -> None:
        count = "1 proof" if len(failures) == 1 else f"{len(failures)} proofs"
        super().__init__(f"{name} fails {count}", why="\n".join(failures), advice=advice)


class NotOurBuild(ProofFailed):
    """`ksimage verify` was given an image that ksimage did not make."""

    def __init__(self, name: str, what: str) -> None:
        self.message = f"{name} was not made by ksimage: there is nothing to prove"
        self.why = f"it holds {what}"
        self.advice = [f"what is in it: ksimage inspect {name}", f"patch it: ksimage build {name}"]


class ProofsMissing(KsimageError):
    """`ksimage verify` found nothing wrong, but could not make every proof."""

    exit_code = 20

    def __init__(self, name: str, missing: Sequence[str], total: int, reason: str) -> None:
        count = f"{len(missing)} of {total} proofs"
        self.message = f"{name} may be right, but {count} were not made: --base LOCATION"
        self.why = "\n".join([*missing, reason])
        self.advice = [
            f"name the base that it was made from: ksimage verify {name} --base LOCATION"
        ]
