"""Open the base that a release or an image names, and say what is there where it is not."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING

from ksimage.base import naming
from ksimage.config.settings import DEFAULT_SOURCE
from ksimage.errors import (
    AmbiguousImage,
    AuthError,
    ImageNotFound,
    KsimageError,
    RegistryError,
    UnknownRelease,
    UpstreamWithdrawn,
)
from ksimage.images.platform import named
from ksimage.locations import access, spec
from ksimage.locations.spec import Location, Transport

if TYPE_CHECKING:
    from ksimage.config.settings import Settings
    from ksimage.locations.options import OptionsFor
    from ksimage.locations.protocol import Source


ARCHITECTURES = ("amd64", "arm64")
"""What KubeKey is built for; it pushes ``<tag>-<arch>`` beside, or without, ``<tag>``."""


def open_base(
    what: str, settings: Settings, options: OptionsFor, platform: str = ""
) -> tuple[Location, Source, str | None]:
    """Open the base that ``what`` names: a release, or an image itself.

    Returns:
        The location, the open source, and the release when ``what`` is one.

    Raises:
        UnknownRelease, UnsupportedRelease, FileWithoutTransport, ImageNotFound, UpstreamWithdrawn,
        AmbiguousImage.
    """
    release = None if naming.is_location(what) else release_of(what)
    looked: tuple[str, ...] = ()
    if release is None:
        location = spec.parse(what)
        if location.reference is not None and not (location.digest or location.reference.tag):
            location = naming.target_location(what, "latest")
    else:
        location = naming.base_location(settings.source, release)
        if _nobody_said(settings):
            location, looked = _in_engine(release, location)
    source = access.open_source(location, options=options(location), cached=True)
    try:
        source.top()
    except AmbiguousImage as error:
        source.close()
        architecture = named(platform or "amd64").architecture
        chosen = naming.choose(error.present, release or "", architecture)
        if chosen is None:
            if release is None:
                raise
            why = f"none of its {len(error.present)} images is {release}"
            raise ImageNotFound(str(location), why=why, advice=error.advice) from error
        location = location.with_ref(chosen)
        source = access.open_source(location, options=options(location), cached=True)
    except (ImageNotFound, AuthError, RegistryError) as error:
        source.close()
        # Docker Hub answers 401 for a repository that does not exist; offline it is out of reach.
        if release and settings.source == DEFAULT_SOURCE:
            raise UpstreamWithdrawn(str(location), error.message, looked) from error
        if isinstance(error, ImageNotFound):
            _tell_of_kubekeys(location, release, options)
        raise
    except BaseException:
        source.close()
        raise
    return location, source, release


def _nobody_said(settings: Settings) -> bool:
    """Whether bases come from the public default because nobody named another place."""
    origin = settings.origins.get("source")
    return settings.source == DEFAULT_SOURCE and (origin is None or origin.kind == "default")


def _in_engine(release: str, otherwise: Location) -> tuple[Location, tuple[str, ...]]:
    """A release's image in the local engine, where ``docker run`` would look first.

    Returns:
        Its location and nothing; or ``otherwise``, and what is to be said of the engine.
    """
    from ksimage.locations.docker import engine, store

    there, why = engine.reachable()
    if not there:
        return otherwise, (why,)
    try:
        names = store.names(engine.connect("image"))
    except KsimageError as error:
        return otherwise, (error.message,)
    usual = f"{naming.UPSTREAM}:{release}"
    found = [name for name in sorted(names) if f"/{name}".endswith(f"/{naming.IMAGE}:{release}")]
    if usual in names or len({names[name] for name in found}) == 1:
        return spec.parse(f"docker-daemon:{usual if usual in names else found[0]}"), ()
    if not found:
        return otherwise, (f"the local engine has no {usual}",)
    told = [f"one of these?      --from docker-daemon:{name}" for name in found]
    return otherwise, ("the local engine has several", *told)


def release_of(name: str) -> str:
    """Upstream's spelling of a release.

    Raises:
        UnknownRelease, UnsupportedRelease. FileWithoutTransport: it is the name of a file.
    """
    try:
        return naming.release_tag(name)
    except UnknownRelease:
        spec.refuse_file(name)
        raise


def _tell_of_kubekeys(location: Location, release: str | None, options: OptionsFor) -> None:
    """Raise ImageNotFound with KubeKey's single-platform tags, where those are there instead."""
    reference = location.reference
    if reference is None or reference.tag is None or reference.digest is not None:
        return
    found = []
    for architecture in ARCHITECTURES:
        there = reference.with_tag(f"{reference.tag}-{architecture}")
        place = Location(Transport.REGISTRY, reference=there)
        opened = closing(access.open_source(place, options=options(place)))
        with opened as source, suppress(KsimageError):
            source.top()
            found.append(str(there))
    if found:
        raise ImageNotFound(
            str(location),
            why="KubeKey's single-platform images are there, without the list that joins them",
            advice=[f"--from {name}" if release else f"name it instead: {name}" for name in found],
        )
