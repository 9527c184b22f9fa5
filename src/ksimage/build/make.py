"""Carry a plan out: choose an engine, make the image, prove it, and only then name it."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ksimage.base import naming
from ksimage.derivation import direct
from ksimage.errors import UsageError
from ksimage.inspection import proofs
from ksimage.locations import spec
from ksimage.locations.spec import Location, Transport
from ksimage.locations.transfer import JOBS, Progress
from ksimage.publish.publish import Published, publish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.build.plan import Plan
    from ksimage.config.settings import Engine, Settings
    from ksimage.inspection.proofs import Verdict
    from ksimage.locations.protocol import Source

log = logging.getLogger("ksimage.produce")


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


def require_destination(
    what: Sequence[str], settings: Settings, *, to: str | None, push: bool
) -> None:
    """Refuse, before a base is read, what :func:`choose` would refuse after it.

    Args:
        what: releases and images that are to be built.
        to, push: the flags.

    Raises:
        UsageError: both, or nowhere to push to. BadReference: no destination.
    """
    if to and push:
        raise UsageError(
            "--to and --push were both given", why="each of them says where the result goes"
        )
    if to:
        spec.require_writable(naming.target_location(to, "tag"))
    if push and settings.target is None and not any(map(naming.is_location, what)):
        source = settings.source
        if source == naming.DEFAULT_SOURCE or naming.registry_of(source) is None:
            raise _nowhere()


def choose(plan: Plan, settings: Settings, *, to: str | None, push: bool) -> Destination:
    """Decide engine and destination.

    Args:
        to: ``--to``.
        push: ``--push``.

    Raises:
        UsageError, BadReference: as :func:`require_destination`.
    """
    require_destination([str(plan.location)], settings, to=to, push=push)
    if push:
        location = _push_location(plan, settings)
    elif to:
        location = naming.target_location(to, plan.tag, plan.repository)
    else:
        return _locally(plan, settings)
    if settings.engine == "docker":
        return Destination("docker", location, "--engine docker")
    return Destination("direct", location, f"straight to {location}")


def make(
    plan: Plan,
    destination: Destination,
    *,
    options: Any = None,
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
        ProofFailed, TagOccupied, BuildFailed, SmokeTestFailed, and whatever writing raises.
    """
    if destination.engine == "docker":
        from ksimage.build import docker

        return docker.make(
            plan, destination, options=options, overwrite=overwrite, jobs=jobs, progress=progress
        )
    source = derived(plan, destination.location)
    verdict = prove(plan, source)
    if smoke_test is None:
        smoke_test = destination.location.transport is Transport.DAEMON
    if smoke_test:
        from ksimage.build import smoke

        smoke.run(source, plan.source)
    published = publish(
        source,
        destination.location,
        options=options,
        overwrite=overwrite,
        jobs=jobs,
        progress=progress,
    )
    tested = True if smoke_test else None
    return Built(plan, destination, published, image_ids(verdict), verdict, tested)


def derived(plan: Plan, location: Location) -> Source:
    """The image that the direct engine makes of a plan for ``location``; nothing is written."""
    return direct.build(
        str(location),
        plan.source,
        plan.base,
        [(platform.image, platform.recipe) for platform in plan.platforms],
        plan.index_annotations(),
    )


def prove(plan: Plan, source: Source, *, platform: str = "", bare: bool = True) -> Verdict:
    """Run every proof on a finished image. Raises ProofFailed."""
    expected = {
        p.image.platform.normal: proofs.Expected(p.image, p.hook, p.recipe)
        for p in plan.platforms
        if not platform or str(p.image.platform) == platform
    }
    verdict = proofs.verify(source, expected=expected, bare_layer=bare)
    return verdict.require("nothing was tagged or pushed")


def _push_location(plan: Plan, settings: Settings) -> Location:
    target = settings.target
    if target is None and plan.location.reference is not None:
        reference = plan.location.reference
        if reference.registry != "docker.io" or settings.source != naming.DEFAULT_SOURCE:
            return Location(Transport.REGISTRY, reference=reference.with_tag(plan.tag))
    if target is None:
        raise _nowhere()
    location = naming.target_location(target, plan.tag)
    if location.reference is None:
        raise UsageError(f"--push goes to a registry, and {target} is none", advice=["use --to"])
    return replace(location, reference=location.reference.with_tag(plan.tag), digest=None)


def _nowhere() -> UsageError:
    return UsageError(
        "--push does not know where to",
        why="neither --target nor --from names a registry of yours",
        advice=["--target harbor.lan/kubesphereio"],
    )


def _locally(plan: Plan, settings: Settings) -> Destination:
    from ksimage.locations.docker import engine

    name = spec.parse(f"docker-daemon:{plan.repository}:{plan.tag}")
    if settings.engine == "docker":
        return Destination("docker", name, "--engine docker")
    archive = spec.parse(f"oci-archive:ks-installer-{plan.tag}.tar:{plan.tag}")
    if settings.engine == "direct":
        return Destination("direct", archive, "--engine direct without --to: a file here")
    reachable, why = engine.reachable()
    if reachable:
        return Destination("docker", name, f"a Docker Engine is there ({why})")
    return Destination("direct", archive, f"no Docker Engine ({why}): a file here")


def image_ids(verdict: Verdict) -> dict[str, str]:
    """Config digests by platform."""
    return {str(v.image.platform): v.image.manifest.config.digest for v in verdict.platforms}
