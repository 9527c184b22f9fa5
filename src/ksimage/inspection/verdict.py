"""What is known about an image before it is proven, and what was found out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ksimage.errors import NotOurBuild, ProofFailed, ProofsMissing
from ksimage.inspection.identity import Origin

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
    identity: Identity
    proofs: tuple[Proof, ...]


class Verdict(NamedTuple):
    """What was found out about an image.

    Attributes:
        digest: of its manifest or index.
    """

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

    @property
    def missing(self) -> list[str]:
        """Names of the proofs that were not made on some platform."""
        made = [p for platform in self.platforms for p in platform.proofs]
        return list(dict.fromkeys(proof.name for proof in made if proof.passed is None))

    @property
    def verified(self) -> bool | None:
        """Whether every proof holds; None when none failed but some were not made."""
        if self.failures:
            return False
        return None if self.missing else True

    def require(self, advice: str = "") -> Verdict:
        """This verdict, if no proof failed. Raises ProofFailed, with ``advice``, otherwise."""
        if self.failures:
            raise ProofFailed(self.name, self.failures, advice=[advice] if advice else [])
        return self

    def require_all(self) -> None:
        """Require that every proof was made and held.

        Raises:
            NotOurBuild: ksimage did not make it. ProofFailed. ProofsMissing: not all were made.
        """
        identities = [platform.identity for platform in self.platforms]
        theirs = (Origin.PRISTINE, Origin.FOREIGN)
        if all(identity.origin in theirs for identity in identities):
            raise NotOurBuild(self.name, "; ".join(dict.fromkeys(map(str, identities))))
        self.require()
        if self.missing:
            made = [p for platform in self.platforms for p in platform.proofs]
            reason = next(proof.detail for proof in made if proof.passed is None)
            total = len(dict.fromkeys(proof.name for proof in made))
            raise ProofsMissing(self.name, self.missing, total, reason)


class Expected(NamedTuple):
    """What is known about one platform of an image.

    ``recipe`` is None when only the base is known: then what must be equal is compared, and what
    was added is judged by itself.
    """

    base: PlatformImage
    base_hook: Hook
    recipe: Recipe | None = None
