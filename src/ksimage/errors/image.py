"""6, 11 and 20: images that are not what they must be: failed proofs, malformed bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class MalformedImage(KsimageError):
    """An image breaks its format, or a bound that protects this machine."""

    exit_code = 11

    def __init__(self, name: str, reason: str, *, advice: Iterable[str] = ()) -> None:
        super().__init__(f"{name} is not a valid image", why=reason, advice=advice)


class DigestMismatch(MalformedImage):
    """The bytes are not those that the digest names."""

    def __init__(self, name: str, expected: str, actual: str) -> None:
        super().__init__(
            name,
            f"expected {expected}, got {actual}",
            advice=[
                "the copy is damaged or was tampered with: copy the image again from its source"
            ],
        )


class UnsupportedImage(MalformedImage):
    """A valid image of a kind that cannot be derived from."""


class BaseBroken(MalformedImage):
    """The base is no image that an installer would run in, patched or not."""

    def __init__(self, name: str, faults: Sequence[str], *, repairable: bool) -> None:
        advice = ["use upstream's image, as KubeKey or its registry has it: --from LOCATION"]
        if repairable:
            advice.insert(0, "give it what upstream's image has: --repair")
        super().__init__(name, "\n".join(faults), advice=advice)
        self.message = f"{name} would not run, patched or not"
        self.args = (self.message,)


class ProofFailed(KsimageError):
    """The finished image is not what it must be; it is not handed out."""

    exit_code = 6

    def __init__(self, name: str, failures: Sequence[str], *, advice: Iterable[str] = ()) -> None:
        count = "1 proof" if len(failures) == 1 else f"{len(failures)} proofs"
        super().__init__(f"{name} fails {count}", why="\n".join(failures), advice=advice)
        self.failures = tuple(failures)


class NotOurBuild(ProofFailed):
    """`ksimage verify` was given an image that ksimage did not make."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(
            name,
            [f"it holds {what}"],
            advice=[f"what is in it: ksimage inspect {name}", f"patch it: ksimage build {name}"],
        )
        self.message = f"{name} was not made by ksimage: there is nothing to prove"
        self.args = (self.message,)


class ProofsMissing(KsimageError):
    """`ksimage verify` found nothing wrong, but could not make every proof."""

    exit_code = 20

    def __init__(self, name: str, missing: Sequence[str], total: int, reason: str) -> None:
        count = f"{len(missing)} of {total} proofs"
        super().__init__(
            f"{name} may be right, but {count} were not made: --base LOCATION",
            why="\n".join([*missing, reason]),
            advice=[f"name the base that it was made from: ksimage verify {name} --base LOCATION"],
        )
