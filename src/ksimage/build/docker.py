"""Carry a plan out in the Docker Engine: its builder, its image store.

The classic builder is all that is needed, so every engine since 17.09 (``COPY --chown``) will do.
"""

from __future__ import annotations

import io
import logging
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from ksimage.build import smoke
from ksimage.build.outcome import Built, Destination, prove
from ksimage.derivation import dockerfile
from ksimage.errors import BuildFailed
from ksimage.images.manifest import Descriptor
from ksimage.images.mediatypes import DOCKER_CONFIG
from ksimage.inspection.current import look
from ksimage.locations.docker import daemon, engine, store
from ksimage.locations.spec import Transport
from ksimage.locations.transfer import CopyResult
from ksimage.objects import mapping
from ksimage.publish import engine as publish_engine
from ksimage.publish.publish import Published, make_room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ksimage.build.plan import Plan, PlatformPlan
    from ksimage.derivation.recipe import Recipe
    from ksimage.locations.docker.engine import EngineClient
    from ksimage.locations.options import RegistryOptions
    from ksimage.locations.protocol import Source

log = logging.getLogger("ksimage.docker")


def make(
    plan: Plan,
    destination: Destination,
    publish: Callable[[Source], Published],
    *,
    options: RegistryOptions | None,
    overwrite: bool,
    smoke_test: bool,
) -> Built:
    """Build, test (if asked to), prove and name. An engine holds one platform: its own.

    Args:
        publish: how an image comes to the destination that an engine knows no way to.

    Raises:
        EngineUnreachable, BuildFailed, SmokeTestFailed, ProofFailed, TagOccupied.
    """
    client = engine.connect("build")
    chosen = smoke.of_engine(
        str(plan.location),
        {candidate.image.platform: candidate for candidate in plan.platforms},
        engine.platform_of(client),
        "the engine can build for its own platform only; without it: --engine direct",
    )
    platform = str(chosen.image.platform)
    dockerfile.require_no_triggers(str(plan.location), chosen.image.config)
    with _base(client, plan, chosen) as base:
        image_id = _build(client, chosen.recipe, base=base, release=plan.release, platform=platform)
        try:
            if smoke_test:
                smoke.compare(client, image_id, base)
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
                    published = publish(source)
        finally:
            # Without a tag by now it is nobody's: failed, or sent elsewhere.
            store.remove_untagged(client, image_id)
    return Built(plan, destination, published, {platform: image_id}, verdict, smoke_test or None)


def _build(client: EngineClient, recipe: Recipe, *, base: str, release: str, platform: str) -> str:
    """Build without a tag and return the image ID (``sha256:…``).

    Args:
        client: a connected ``docker.DockerClient``.
        recipe: what to add.
        base: reference with digest, or image ID, for FROM.
        release, platform: for the Dockerfile's comment.

    Raises:
        BuildFailed: with the end of the build log.
    """
    import docker.errors

    text = dockerfile.render(recipe, base=base, release=release, platform=platform)
    context = io.BytesIO(dockerfile.context_tar(recipe, text))
    lines: list[str] = []
    built = ""
    try:
        stream = client.api.build(
            fileobj=context,
            custom_context=True,
            dockerfile=dockerfile.DOCKERFILE,
            rm=True,
            forcerm=True,
            decode=True,
        )
        for event in stream:
            if "error" in event:
                raise BuildFailed(str(event["error"]).strip(), lines)
            text = str(event.get("stream") or event.get("status") or "").rstrip()
            if text:
                lines.append(text)
                log.info("%s", text)
            built = str(mapping(event, "aux").get("ID", built))
    except docker.errors.APIError as error:
        raise BuildFailed(str(error.explanation or error), lines) from error
    if not built:
        raise BuildFailed("the engine reported no image ID", lines)
    return built


@contextmanager
def _base(client: EngineClient, plan: Plan, chosen: PlatformPlan) -> Iterator[str]:
    """What FROM names: pinned by digest, and in the engine or within its reach."""
    if plan.location.reference is not None:
        yield f"{plan.repository}@{chosen.image.descriptor.digest}"
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
