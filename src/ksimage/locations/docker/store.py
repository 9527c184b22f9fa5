"""Images in a Docker Engine: their names and IDs, and pushing one to a registry."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ksimage.errors import EnginePushFailed, EngineRefused, EngineUnreachable, ImageNotFound
from ksimage.locations.docker import engine
from ksimage.objects import items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ksimage.images.documents import JsonObject
    from ksimage.locations.docker.engine import EngineClient

log = logging.getLogger(__name__)


def tag(client: EngineClient, image_id: str, name: str) -> None:
    """Point ``name`` (``REPOSITORY:TAG``) at the image. Raises EngineRefused, EngineUnreachable."""
    repository, _, label = name.rpartition(":")
    with engine.translated(f"tag {name}"):
        client.api.tag(image_id, repository, label, force=True)


def untag(client: EngineClient, name: str) -> None:
    """Take a name off an image; that it, or the engine, is gone already is fine."""
    with _if_possible(f"remove {name}"):
        client.api.remove_image(name, noprune=True)


def remove_untagged(client: EngineClient, image_id: str) -> None:
    """Remove an image unless a name points to it (the builder's cache may return a named one)."""
    with _if_possible(f"remove {image_id}"):
        if not client.api.inspect_image(image_id).get("RepoTags"):
            client.api.remove_image(image_id)


@contextmanager
def _if_possible(what: str) -> Iterator[None]:
    """For what is done last: a failure of it must not take the place of what went before."""
    try:
        with engine.translated(what):
            yield
    except (EngineRefused, EngineUnreachable) as error:
        log.info("could not %s: %s", what, error)


def names(client: EngineClient) -> dict[str, str]:
    """Every ``REPOSITORY:TAG`` and the ID of its image.

    Raises:
        EngineRefused, EngineUnreachable.
    """
    with engine.translated("list its images"):
        found = client.api.images()
    tagged = ((name, str(image["Id"])) for image in found for name in items(image, "RepoTags"))
    return {str(name): image_id for name, image_id in tagged if "<none>" not in str(name)}


def image_id(client: EngineClient, name: str) -> str:
    """The ID of an image in the engine. Raises ImageNotFound."""
    found = held(client, name)
    if found is None:
        raise ImageNotFound(f"docker-daemon:{name}", advice=["docker images"])
    return found


def held(client: EngineClient, name: str) -> str | None:
    """The ID of the image that a name points to, or None."""
    import docker.errors

    try:
        return str(client.api.inspect_image(name)["Id"])
    except docker.errors.ImageNotFound:
        return None


def push(client: EngineClient, name: str, auth: Mapping[str, str]) -> Iterator[JsonObject]:
    """Push ``name`` and yield the engine's progress events.

    ``images.push`` of the SDK never raises for what goes wrong in the stream
    (docker/docker-py#3277); here it does. ``auth`` may be empty, but engines from 28.3.3 on want
    the header all the same.

    Raises:
        EnginePushFailed: with the registry's words, or the engine's.
        EngineUnreachable: the connection broke.
    """
    repository, _, label = name.rpartition(":")
    with engine.translated(f"push {name}"):
        for event in client.api.push(
            repository, tag=label, stream=True, decode=True, auth_config=dict(auth)
        ):
            if "errorDetail" in event or "error" in event:
                detail = mapping(event, "errorDetail").get("message") or event.get("error")
                raise EnginePushFailed(name, str(detail))
            yield event
