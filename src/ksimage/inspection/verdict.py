"""What is known about an image before it is proven, and what was found out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ksimage.errors import ProofFailed

if TYPE_CHECKING:
    from ksimage.base.images import PlatformImage
    from ksimage.derivation.recipe import Recipe
    from ksimage.hook.layers import Hook
    from ksimage.inspection.identity import Identity


class Proof(NamedTuple):
    """One checked statement. ``passed`` is None where it could not be checked, and why."""

    name: str
    passed: bool | None
    detail: str


class PlatformVerdict(NamedTuple):
    """What was found out about one platform's image."""

    image: PlatformImage
    hook: Hook
    identity: Identity
    proofs: tuple[Proof, ...]


@dataclass(frozen=True)
class Verdict:
    """What was found out about an image. Truthy when no proof failed."""

    name: str
    digest: str
    platforms: tuple[PlatformVerdict, ...]

    @property
    def failures(self) -> list[str]:
        """Failed proofs as sentences, with their platform."""
        return [
            f"{verdict.image.platform}: {proof.name}: {proof.detail}"
            for verdict in self.platforms
            for proof in verdict.proofs
            if proof.passed is False
        ]

    def __bool__(self) -> bool:
        return not self.failures

    def require(self, advice: str = "") -> Verdict:
        """This verdict, if every proof held. Raises ProofFailed, with ``advice``, otherwise."""
        if self.failures:
            raise ProofFailed(self.name, self.failures, advice=[advice] if advice else [])
        return self


class Expected(NamedTuple):
    """What is known about one platform of an image.

    ``recipe`` is None when only the base is known: then what must be equal is compared, and what
    was added is judged by itself.
    """

    base: PlatformImage
    base_hook: Hook
    recipe: Recipe | None = None
