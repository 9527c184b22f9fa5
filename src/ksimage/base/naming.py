"""From what people type to locations: where a release's base is, what its result is called."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ksimage.errors import BadReference, UnsupportedRelease
from ksimage.images import reference
from ksimage.locations import spec
from ksimage.locations.spec import Location, Transport
from ksimage.upstream import releases

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

IMAGE: Final = "ks-installer"
UPSTREAM: Final = f"kubesphere/{IMAGE}"
_ENGINE: Final = ("docker-daemon:", "docker-daemon")


def is_location(text: str) -> bool:
    """Whether a build's argument is an image rather than a release: release names have no / : @."""
    return any(character in text for character in "/:@")


def release_tag(name: str) -> str:
    """Upstream's spelling of a release.

    Raises:
        UnknownRelease, UnsupportedRelease.
    """
    release = releases.find(name)
    if not release.supported:
        raise UnsupportedRelease(release.tag, release.reason)
    return release.tag


def base_location(source: str, tag: str) -> Location:
    """Where a release's base is, given ``--from``.

    A registry text may be a project (``harbor.lan/kubesphereio``), a repository
    (``…/ks-installer``) or a full reference; so may ``docker-daemon:``. Files and folders are taken
    as they are; :func:`choose` picks the image among several.

    Raises:
        BadReference, UnknownTransport.
    """
    location = _parsed(source)
    if location.reference is not None and not location.named:
        return Location(Transport.REGISTRY, reference=location.reference.with_tag(tag))
    if location.transport is Transport.DAEMON and not location.named:
        return spec.parse(f"docker-daemon:{_as_repository(source.partition(':')[2])}:{tag}")
    return location


def is_named(text: str) -> bool:
    """Whether ``--to`` says what the result is called, so that nothing is filled in."""
    return text not in _ENGINE and _parsed(text).named


def target_location(text: str, tag: str, repository: str = UPSTREAM) -> Location:
    """Where a result goes, given ``--to``: ``tag`` is filled in where no name is given.

    Args:
        text: what the user typed.
        tag: the result's tag.
        repository: name for ``docker-daemon:`` and ``docker-archive:`` without one.
    """
    if text in _ENGINE:
        return spec.parse(f"docker-daemon:{repository}:{tag}")
    location = _parsed(text)
    if location.named:
        return location
    if location.reference is not None:
        return Location(Transport.REGISTRY, reference=location.reference.with_tag(tag))
    if location.transport is Transport.DAEMON:
        return spec.parse(f"docker-daemon:{text.partition(':')[2]}:{tag}")
    if location.transport is Transport.DOCKER_ARCHIVE:
        return location.with_ref(f"{repository}:{tag}")
    return location.with_ref(tag)


def repository_name(location: Location) -> str:
    """The engine's repository name for a result: the base's when it has one, else upstream's."""
    if location.reference is not None:
        return location.reference._replace(tag=None, digest=None).familiar
    if location.transport is Transport.DAEMON and location.ref:
        return location.ref.rpartition(":")[0]
    return UPSTREAM


def own_digest(location: Location, digest: str) -> str:
    """The digest of a base's manifest; empty where that was made up to read it by."""
    made_up = (Transport.DAEMON, Transport.DOCKER_ARCHIVE)
    return "" if location.transport in made_up else digest


def base_name(location: Location) -> str:
    """What the labels call a base: a reference without its digest; empty outside of registries."""
    if location.reference is None:
        return ""
    return str(location.reference._replace(digest=None) if location.reference.tag else location)


def choose(names: Sequence[str], tag: str, architecture: str = "") -> str | None:
    """The image of a release among those that a layout or archive holds, or None.

    Taken are, in this order: a name that is the tag, one that ends in ``ks-installer:TAG``, and the
    same for KubeKey's single-platform names (``kubesphereio:ks-installer:v3.3.2-amd64``).
    """
    endings = [f"{IMAGE}:{tag}"]
    if architecture:
        endings.append(f"{IMAGE}:{tag}-{architecture}")
    if tag in names:
        return tag
    for ending in endings:
        found = [
            name for name in names if name == ending or name.endswith(("/" + ending, ":" + ending))
        ]
        if len(found) == 1:
            return found[0]
    return None


def registry_of(text: str | None) -> str | None:
    """The registry host that a location, project or repository is at; None for anything else."""
    if not text or not _is_registry(text):
        return None
    try:
        found = spec.parse(_as_repository(text)).reference
    except BadReference:
        return None
    return found.registry if found else None


def guess_release(location: Location) -> str | None:
    """The release that a tag names (also as KubeKey's ``v3.3.2-amd64``), or None."""
    name = location.reference.tag if location.reference else location.ref
    if not name:
        return None
    tag = name.rpartition(":")[2] or name
    known = {release.tag for release in releases.supported()}
    for candidate in (tag, re.sub(r"-(amd64|arm64)$", "", tag)):
        if candidate in known:
            return candidate
    return None


def fill_tag(template: str, *, release: str, verbosity: int, digest: str) -> str:
    """The result's tag.

    Args:
        template: text with ``{release}``, ``{verbosity}``, ``{digest8}``.
        digest: the base's, for ``{digest8}``.

    Raises:
        BadReference: an unknown field, or the result is no legal tag.
    """
    try:
        tag = template.format(
            release=release, verbosity=verbosity, digest8=digest.removeprefix("sha256:")[:8]
        )
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise BadReference(
            template, "a tag's template may hold {release}, {verbosity} and {digest8}"
        ) from error
    if not reference.TAG.fullmatch(tag):
        raise BadReference(tag, f"{tag!r} is not a legal tag")
    return tag


def kept_locations(location: Location) -> Iterator[Location]:
    """Where ``--replace`` keeps what a name holds: ``<tag>-orig``, then ``<tag>-orig-2`` …

    Nothing for an archive, which is replaced as a whole, and for an image without a name.
    """
    if location.transport is Transport.KUBEKEY and Path(location.path).is_dir():
        from ksimage.locations.kubekey.images import kept_ref

        yield location.with_ref(kept_ref(location.ref))  # the only one that `--undo` knows
        return
    found, name = location.reference, location.ref
    for ending in ("-orig", *(f"-orig-{number}" for number in range(2, 10))):
        if found is not None and found.tag:
            yield replace(location, reference=found.with_tag(found.tag + ending), digest=None)
        elif name and location.transport in (Transport.OCI, Transport.DAEMON):
            yield location.with_ref(name + ending)


def _parsed(text: str) -> Location:
    """A location; of a registry's project, its repository. Raises as `spec.parse`."""
    if not _is_registry(text):
        return spec.parse(text)
    if not text:
        raise BadReference(text, "it is empty")
    spec.refuse_file_name(text)
    return spec.parse(_as_repository(text))


def _is_registry(text: str) -> bool:
    prefix, colon, _ = text.partition(":")
    elsewhere = {kind.value for kind in Transport if kind is not Transport.REGISTRY}
    return not (colon and prefix in elsewhere)


def _as_repository(text: str) -> str:
    text = text.removeprefix("docker://").rstrip("/")
    if _tagged(text) and "/" in text:
        return text
    return text if text.rpartition("/")[2] == IMAGE else f"{text}/{IMAGE}"


def _tagged(text: str) -> bool:
    return "@" in text or ":" in text.rpartition("/")[2]
