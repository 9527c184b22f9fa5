"""The hook's own smoke test for images that no engine built: load both, run both, compare.

Costs a load of the base and of the image into the Docker Engine, so it is done where the image goes
there anyway, or when asked for.
"""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

from ksimage.base import images as bases
from ksimage.build import engine as builder
from ksimage.errors import PlatformNotFound
from ksimage.images.platform import matches
from ksimage.locations.docker import daemon, engine, store
from ksimage.locations.transfer import copy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ksimage.base.images import PlatformImage
    from ksimage.locations.docker.engine import EngineClient
    from ksimage.locations.protocol import Source


def run(image: Source, base: Source) -> str:
    """Run the hook with ``--config`` in both images; return what they print.

    Raises:
        EngineUnreachable: no engine. PlatformNotFound: the image has none of the engine's platform.
        SmokeTestFailed: it fails, or prints something else than the base's hook.
    """
    client = engine.connect("smoke test")
    platform = engine.platform_of(client)
    with ExitStack() as stack:
        ids = [stack.enter_context(loaded(client, source, platform)) for source in (image, base)]
        return builder.smoke_test(client, ids[0], ids[1])


@contextmanager
def loaded(client: EngineClient, source: Source, platform: str) -> Iterator[str]:
    """One platform of an image in the engine, by ID; under a name only meanwhile."""
    chosen = _of_platform(source, platform)
    name = f"ksimage.local/image:{chosen.manifest.config.digest[7:19]}"
    try:
        with closing(daemon.DaemonTarget(name, client=client)) as target:
            copy(source, target, top=chosen.descriptor)
        yield store.image_id(client, name)
    finally:
        store.untag(client, name)


def _of_platform(source: Source, platform: str) -> PlatformImage:
    found = bases.read_images(source)
    for image in found.images:
        if matches(image.platform, platform):
            return image
    present = [str(image.platform) for image in found.images]
    raise PlatformNotFound(
        source.name,
        f"{platform} (the engine's)",
        present,
        advice=["the hook can only be run on the engine's platform: leave the smoke test out"],
    )
