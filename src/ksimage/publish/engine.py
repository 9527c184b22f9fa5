"""Send an image of the Docker Engine to a registry through the engine itself.

The other way is to save the image and to send it from here: but the engine hands its layers out
uncompressed and under other digests, so all of them go over, for good three times as large. The
engine knows which ones the registry has: with the base there it is 8 times faster and sends the new
layer only. Into an empty registry it takes longer, as it compresses first, and a third of the bytes
(``benchmarks/engine_push.py``; a loopback, where bytes cost nothing). So the engine is the better
way, wherever it can reach and trust the registry.
"""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING

from ksimage.base import images as base_images
from ksimage.errors import EnginePushFailed, KsimageError, PlatformNotFound, TagMoved
from ksimage.images.digest import DIGEST
from ksimage.images.platform import Platform, matches, near
from ksimage.locations import access
from ksimage.locations.docker import engine, store
from ksimage.locations.transfer import CopyResult
from ksimage.objects import items, mapping
from ksimage.publish import publish, refusals
from ksimage.publish.publish import Published

if TYPE_CHECKING:
    from ksimage.images.manifest import Descriptor
    from ksimage.images.reference import Reference
    from ksimage.locations.docker.daemon import DaemonSource
    from ksimage.locations.docker.engine import EngineClient
    from ksimage.locations.options import RegistryOptions
    from ksimage.locations.registry.auth.credentials import Credentials
    from ksimage.locations.spec import Location

log = logging.getLogger(__name__)


def push(
    source: DaemonSource,
    location: Location,
    *,
    options: RegistryOptions | None,
    overwrite: bool = False,
    platform: str | None = None,
) -> Published:
    """Push through the engine, with the same care for the tag as `publish.publish`.

    The engine gets the login that ksimage would use; its trust in the registry is its own. The
    target's name exists in the engine for as long as it pushes, then means what it meant before.

    Args:
        options: for looking at the tag, and for the login.
        overwrite: replace what the tag holds, after keeping it.
        platform: what the image must be for, when given.

    Raises:
        TagOccupied, KeptTagOccupied, TagMoved, PlatformNotFound, ImageNotFound, EngineError,
        RegistryError, AuthError.
    """
    assert location.reference is not None
    with (
        closing(access.open_target(location, options=options)) as target,
        closing(engine.connect("image")) as client,
    ):
        if platform is not None:
            _require(source, platform)
        image_id = source.image_id
        held = publish.held_now(target, location, options)
        if held is not None and already_there(source, location, held, options):
            return Published(location, held, None)
        kept = None
        if held is not None:
            kept = publish.make_room(source, location, held, options, overwrite=overwrite)
        digest = _push(client, image_id, location.reference, options)
        now = target.held()
        if now is None or (digest and now.digest != digest):
            raise TagMoved(str(location), digest or image_id, now.digest if now else "nothing")
        return Published(location, now, CopyResult(now, ()), held.digest if held else None, kept)


def _require(source: DaemonSource, platform: str) -> None:
    found = source.inspect()
    own = Platform(
        str(found.get("Os") or ""),
        str(found.get("Architecture") or ""),
        str(found.get("Variant") or ""),
    )
    if not matches(own, platform):
        raise PlatformNotFound(source.name, platform, [str(own)], near=near(platform, [str(own)]))


def already_there(
    source: DaemonSource, location: Location, held: Descriptor, options: RegistryOptions | None
) -> bool:
    """Whether what a tag holds is this image, whichever way it came: digests differ, IDs do not."""
    with closing(access.open_source(location, options=options)) as there:
        try:
            images = base_images.read_images(there).images
        except KsimageError as error:
            log.info("%s: %s", location, error.message)
            return False
    names = {held.digest}
    if len(images) == 1:
        names |= {images[0].descriptor.digest, images[0].manifest.config.digest}
    return source.image_id in names


def _push(
    client: EngineClient, image_id: str, reference: Reference, options: RegistryOptions | None
) -> str:
    """Name the image, push the name, give the name back. Returns the digest that was pushed."""
    name = reference.familiar
    login = _login(reference, options)
    before = store.held(client, name)
    if before != image_id:
        store.tag(client, image_id, name)
    digest = ""
    try:
        for event in store.push(client, name, _auth(login)):
            if event.get("id") and event.get("status") and not event.get("progress"):
                log.info("%s: %s", event["id"], event["status"])
            found = str(mapping(event, "aux").get("Digest") or "")
            digest = found if DIGEST.fullmatch(found) else digest
    except EnginePushFailed as error:
        raise refusals.explained(error, reference, options) from error
    finally:
        if before is not None and before != image_id:
            store.tag(client, before, name)
        elif before is None and _names(client, image_id) > 1:
            store.untag(client, name)  # the last name is left: without it the image would go
    return digest


def _names(client: EngineClient, image_id: str) -> int:
    with engine.translated(f"inspect {image_id}"):
        return len(items(client.api.inspect_image(image_id), "RepoTags"))


def _login(reference: Reference, options: RegistryOptions | None) -> Credentials | None:
    from ksimage.locations.registry.session import session_for

    session = session_for(reference.registry, options)
    return session.channel.auth.credentials(reference.repository)


def _auth(login: Credentials | None) -> dict[str, str]:
    """The login as the engine's API takes it."""
    if login is None:
        return {}
    fields = {
        "username": login.username,
        "password": login.secret,
        "identitytoken": login.identity_token,
        "registrytoken": login.registry_token,
    }
    return {key: value for key, value in fields.items() if value}
