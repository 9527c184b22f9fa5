"""What becomes of a plan: where its result goes, what was made, and the proofs that let it out."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from ksimage.inspection import proofs
from ksimage.inspection.verdict import Expected

if TYPE_CHECKING:
    from ksimage.build.plan import Plan
    from ksimage.config.settings import Engine
    from ksimage.errors import KsimageError
    from ksimage.inspection.verdict import Verdict
    from ksimage.locations.protocol import Source
    from ksimage.locations.spec import Location
    from ksimage.publish.publish import Published


class Destination(NamedTuple):
    """Where a result goes and who makes it; ``why`` says how that was decided."""

    engine: Engine
    location: Location
    why: str


class Built(NamedTuple):
    """A finished, proven and named image.

    Attributes:
        published: its name and digest, and what moved.
        image_ids: config digest by platform: what ``docker images`` and ``crictl`` show.
        verdict: the proofs.
        smoke_test: whether the hook ran with ``--config``; None when no engine was used.
    """

    plan: Plan
    destination: Destination
    published: Published
    image_ids: dict[str, str]
    verdict: Verdict
    smoke_test: bool | None


class Ending(Enum):
    """How one release's build ended."""

    BUILT = "built"
    UP_TO_DATE = "up to date"
    FAILED = "failed"
    NOT_RUN = "not run"


class ReleaseOutcome(NamedTuple):
    """One release's line in the summary. ``seconds`` of wall time, ``error`` when FAILED."""

    release: str
    state: Ending
    seconds: float = 0.0
    built: Built | None = None
    error: KsimageError | None = None

    @property
    def platforms(self) -> str:
        """Platforms, separated by blanks."""
        return " ".join(self.built.image_ids) if self.built else ""

    @property
    def digest(self) -> str:
        """Digest of the result, empty when there is none."""
        return self.built.published.top.digest if self.built else ""


def state_of(built: Built) -> Ending:
    """How a build that did not fail ended."""
    return Ending.UP_TO_DATE if built.published.up_to_date else Ending.BUILT


def prove(plan: Plan, source: Source, *, platform: str = "", bare: bool = True) -> Verdict:
    """Run every proof on a finished image. Raises ProofFailed."""
    expected = {
        p.image.platform.normal: Expected(p.image, p.hook, p.recipe)
        for p in plan.platforms
        if not platform or str(p.image.platform) == platform
    }
    verdict = proofs.verify(source, expected=expected, bare_layer=bare)
    return verdict.require("nothing was tagged or pushed")


def image_ids(verdict: Verdict) -> dict[str, str]:
    """Config digests by platform."""
    return {str(v.image.platform): v.image.manifest.config.digest for v in verdict.platforms}
