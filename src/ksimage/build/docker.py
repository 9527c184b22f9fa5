"""Carry a plan out in the Docker Engine: its builder, its image store."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from ksimage.build import engine as builder
from ksimage.build import smoke
from ksimage.build.outcome import Built, Destination, prove
from ksimage.derivation import dockerfile
from ksimage.errors import PlatformNotFound
from ksimage.images.manifest import Descriptor
from ksimage.images.mediatypes import DOCKER_CONFIG
from ksimage.images.platform import matches
from ksimage.inspection.current import look
from ksimage.locations.docker import daemon, engine, store
from ksimage.locations.spec import Transport
from ksimage.locations.transfer import CopyResult
from ksimage.publish import engine as publish_engine
from ksimage.publish.publish import Published, make_room, publish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ksimage.build.plan import Plan, PlatformPlan
    from ksimage.locations.docker.engine import EngineClient
    from ksimage.locations.options import RegistryOptions
    from ksimage.locations.protocol import Source
    from ksimage.locations.transfer import Progress


def make(
    plan: Plan,
    destination: Destination,
    *,
    options: RegistryOptions | None,
    overwrite: bool,
    jobs: int,
    progress: Progress | None,
    smoke_test: bool,
) -> Built:
    """Build, test (if asked to), prove and name. An engine holds one platform: its own.

    Raises:
        EngineUnreachable, BuildFailed, SmokeTestFailed, ProofFailed, TagOccupied.
    """
    client = engine.connect("build")
    chosen = _for_engine(plan, engine.platform_of(client))
    platform = str(chosen.image.platform)
    dockerfile.require_no_triggers(str(plan.location), chosen.image.config)
    with _base(client, plan, chosen) as base:
        image_id = builder.build(
            client, chosen.recipe, base=base, release=plan.release, platform=platform
        )
        try:
            if smoke_test:
                builder.smoke_test(client, image_id, base)
            with closing(daemon.DaemonSource("", digest=image_id)) as source:
                verdict = prove(plan, source, platform=platform, bare=False)
                if destination.location.transport is Transport.DAEMON:
                    published = _tag(client, source, destination, image_id, overwrite)
                elif destination.location.transport is Transport.REGISTRY:
                    # The engine knows which layers the registry has, and compresses the others.
                    published = publish_engine.push(
                        source, destination.location, options=options, overwrite=overwrite
                    )
                else:
                    published = publish(
                        source,
                        destination.location,
                        options=options,
                        overwrite=overwrite,
                        jobs=jobs,
                        progress=progress,
                    )
        finally:
            # Without a tag by now it is nobody's: failed, or sent elsewhere.
            store.remove_untagged(client, image_id)
    return Built(plan, destination, published, {platform: image_id}, verdict, smoke_test or None)


def _for_engine(plan: Plan, platform: str) -> PlatformPlan:
    for candidate in plan.platforms:
        if matches(candidate.image.platform, platform):
            return candidate
    present = [str(candidate.image.platform) for candidate in plan.platforms]
    raise PlatformNotFound(
        str(plan.location),
        f"{platform} (the engine's)",
        present,
        advice=["the engine can build for its own platform only; without it: --engine direct"],
    )


@contextmanager
def _base(client: EngineClient, plan: Plan, chosen: PlatformPlan) -> Iterator[str]:
    """What FROM names: pinned by digest, and in the engine or within its reach."""
    if plan.location.reference is not None:
        name = plan.location.reference.familiar.partition("@")[0]
        head, colon, tail = name.rpartition(":")
        repository = head if colon and "/" not in tail else name
        yield f"{repository}@{chosen.image.descriptor.digest}"
        return
    if plan.location.transport is Transport.DAEMON:
        yield store.image_id(client, plan.location.ref or plan.location.digest or "")
        return
    with smoke.loaded(client, plan.source, str(chosen.image.platform)) as image_id:
        yield image_id


def _tag(
    client: EngineClient,
    source: Source,
    destination: Destination,
    image_id: str,
    overwrite: bool,
) -> Published:
    """Name the image. Our own earlier builds are replaced as `docker build` would."""
    location = destination.location
    held = store.held(client, location.ref)
    top = Descriptor(DOCKER_CONFIG, image_id, 0)
    if held == image_id:
        return Published(location, top, None)
    kept = None
    if held is not None and not look(location, None).ours:
        occupied = Descriptor(DOCKER_CONFIG, held, 0)
        kept = make_room(source, location, occupied, None, overwrite=overwrite)
    store.tag(client, image_id, location.ref)
    return Published(location, top, CopyResult(top, ()), held, kept)
