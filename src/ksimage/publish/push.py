"""Send an earlier build from any place to another, above all to a registry."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ksimage.base import images as base_images
from ksimage.base import naming
from ksimage.errors import PolicyViolation, UsageError
from ksimage.images import reference as references
from ksimage.locations import access, transfer
from ksimage.locations.spec import Transport
from ksimage.publish.publish import Published, publish, require_other_file

if TYPE_CHECKING:
    from ksimage.locations.options import OptionsFor, RegistryOptions
    from ksimage.locations.protocol import Source
    from ksimage.locations.spec import Location
    from ksimage.locations.transfer import Progress


AUTO, ENGINE, DIRECT = "auto", "engine", "direct"


@dataclass(frozen=True)
class Pushed:
    """What a push did.

    Attributes:
        image_ids: config digests by platform, as the destination has them; empty for an engine.
        through: "engine" or "direct".
    """

    published: Published
    image_ids: dict[str, str]
    through: str


def way(source: Location, destination: Location, wanted: str = AUTO) -> str:
    """ "engine" or "direct". The engine is the better way for what it holds (``publish.engine``).

    Raises:
        UsageError: the engine cannot do it.
    """
    able = source.transport is Transport.DAEMON and destination.reference is not None
    if wanted == ENGINE and not able:
        raise UsageError(
            "--through engine is for an image of the engine and a registry",
            why=f"asked for is {source} to {destination}",
            advice=["leave --through away"],
        )
    if wanted == AUTO:
        return ENGINE if able else DIRECT
    return wanted


def destination(source: Location, to: str, tag: str | None) -> Location:
    """Where ``--to`` is: with ``tag``, its own tag, or else the source's.

    Raises:
        BadReference, UnknownTransport.
        UsageError: two tags, or none at all.
    """
    name = tag or _tag_of(source)
    place = naming.target_location(to, name or "none")
    filled = not naming.is_named(to)
    if tag and not filled and (place.reference is None or place.reference.tag != tag):
        raise UsageError(
            f"--tag {tag} and --to {to} name two things", advice=["give the name once"]
        )
    if filled and name is None:
        raise UsageError(
            f"--to {to} has no tag, and neither has {source}", advice=["add --tag TAG"]
        )
    return place


def push(
    source: Location,
    to: Location,
    *,
    options: OptionsFor,
    through: str,
    overwrite: bool = False,
    platform: str | None = None,
    jobs: int = transfer.JOBS,
    progress: Progress | None = None,
) -> Pushed:
    """Send ``source`` to ``to``.

    Args:
        options: registry options by location.
        through: from :func:`way`.
        overwrite: replace what the name holds, after keeping it.
        platform: takes that platform's image alone out of an index.

    Raises:
        ImageNotFound, TagOccupied, KeptTagOccupied, TagMoved, PlatformNotFound, UsageError, and
        whatever the two places raise.
    """
    require_other_file(source, to)
    with closing(access.open_source(source, options=options(source))) as opened:
        if through == ENGINE:
            from ksimage.locations.docker.daemon import DaemonSource
            from ksimage.publish import engine as publish_engine

            assert isinstance(opened, DaemonSource)
            published = publish_engine.push(
                opened, to, options=options(to), overwrite=overwrite, platform=platform
            )
        else:
            published = _present(opened, to, options(to), platform) or publish(
                _one_platform(opened, to, platform),
                to,
                options=options(to),
                overwrite=overwrite,
                repair=True,
                jobs=jobs,
                progress=progress,
            )
        return Pushed(published, _image_ids(opened, to, options(to)), through)


def _present(
    source: Source, to: Location, options: RegistryOptions | None, platform: str | None
) -> Published | None:
    """What the tag holds, when it is an engine's image already; saves saving it."""
    from ksimage.locations.docker.daemon import DaemonSource
    from ksimage.publish import engine as publish_engine

    if not isinstance(source, DaemonSource) or to.reference is None or platform is not None:
        return None
    with closing(access.open_target(to, options=options)) as target:
        held = target.held()
        if held is not None and publish_engine.already_there(source, to, held, options):
            return Published(to, held, None)
        return None


def _one_platform(source: Source, to: Location, platform: str | None) -> Source:
    if platform is None:
        return source
    chosen = transfer.of_platform(source, str(to), platform)
    if chosen is source:
        base_images.read_images(source, [platform])  # raises unless it is for that one
    return chosen


def _image_ids(sent: Source, location: Location, options: RegistryOptions | None) -> dict[str, str]:
    """Read back from the destination; an engine's digest is the image ID already.

    Where a policy lets nobody read what was pushed, what was sent tells.
    """
    if location.transport is Transport.DAEMON:
        return {}
    with closing(access.open_source(location, options=options)) as source:
        try:
            images = base_images.read_images(source).images
        except PolicyViolation:
            images = base_images.read_images(sent).images
    return {str(image.platform): image.manifest.config.digest for image in images}


def _tag_of(source: Location) -> str | None:
    """The tag that the source goes by, or None."""
    if source.reference is not None:
        return source.reference.tag
    ref = source.ref
    if not ref and source.path:
        names = access.names_in(source)
        ref = names[0] if len(names) == 1 else ""
    tag = ref.rpartition(":")[2]
    return tag if references.TAG.fullmatch(tag) else None
