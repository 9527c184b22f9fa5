"""Carry a plan out: make the image, prove it, and only then name it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ksimage.build.outcome import Built, image_ids, prove
from ksimage.derivation import direct
from ksimage.locations.spec import Transport
from ksimage.locations.transfer import JOBS, Progress
from ksimage.publish.publish import publish, require_other_file

if TYPE_CHECKING:
    from ksimage.build.outcome import Destination
    from ksimage.build.plan import Plan
    from ksimage.locations.options import RegistryOptions
    from ksimage.locations.protocol import Source
    from ksimage.locations.spec import Location


def make(
    plan: Plan,
    destination: Destination,
    *,
    options: RegistryOptions | None = None,
    overwrite: bool = False,
    jobs: int = JOBS,
    progress: Progress | None = None,
    smoke_test: bool | None = None,
) -> Built:
    """Make, prove and name the image.

    Args:
        options: registry options for the destination.
        overwrite: ``--replace``.
        smoke_test: run the hook in an engine before the image is named; None does so where the
            image goes to an engine anyway.

    Raises:
        DestinationIsSource, ProofFailed, TagOccupied, BuildFailed, SmokeTestFailed, and whatever
        writing raises.
    """
    require_other_file(plan.location, destination.location)
    send = partial(
        publish,
        location=destination.location,
        options=options,
        overwrite=overwrite,
        jobs=jobs,
        progress=progress,
    )
    if destination.engine == "docker":
        from ksimage.build import docker

        return docker.make(
            plan,
            destination,
            send,
            options=options,
            overwrite=overwrite,
            smoke_test=smoke_test is not False,
        )
    if destination.location.transport is Transport.DAEMON:
        from ksimage.locations.docker import engine

        engine.connect("result")  # now: without one, all that follows is for nothing
    source = derived(plan, destination.location)
    verdict = prove(plan, source)
    if smoke_test is None:
        smoke_test = destination.location.transport is Transport.DAEMON
    if smoke_test:
        from ksimage.build import smoke

        smoke.run(source, plan.source)
    return Built(plan, destination, send(source), image_ids(verdict), verdict, smoke_test or None)


def derived(plan: Plan, location: Location) -> Source:
    """The image that the direct engine makes of a plan for ``location``; nothing is written."""
    return direct.build(
        str(location),
        plan.source,
        plan.base,
        [(platform.image, platform.recipe) for platform in plan.platforms],
        plan.index_annotations(),
    )
