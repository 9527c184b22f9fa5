"""Put an image under a name without ever breaking that name.

Same digest there already: nothing to do. Something else there: refuse, or, when told to replace it,
keep it as ``<tag>-orig`` first (an archive is one file, and cannot). The name moves last, and is
read back afterwards.
"""

from __future__ import annotations

import logging
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ksimage.base import images as base_images
from ksimage.base import naming
from ksimage.errors import (
    DestinationIsSource,
    KeptTagOccupied,
    KsimageError,
    NotFound,
    PolicyViolation,
    TagMoved,
    TagOccupied,
)
from ksimage.images.manifest import Descriptor
from ksimage.locations import access
from ksimage.locations.spec import Transport
from ksimage.locations.transfer import JOBS, CopyResult, Progress, copy, mend
from ksimage.locations.views import AsOci

if TYPE_CHECKING:
    from ksimage.locations.options import RegistryOptions
    from ksimage.locations.protocol import Source, Target
    from ksimage.locations.spec import Location

log = logging.getLogger(__name__)


class Published(NamedTuple):
    """What publishing did.

    Attributes:
        location: the name, as a user would type it.
        top: what it points to now.
        copied: what moved, or None when it was up to date.
        replaced: digest of what the name held before, or None.
        kept: name under which that is kept, or None.
    """

    location: Location
    top: Descriptor
    copied: CopyResult | None
    replaced: str | None = None
    kept: str | None = None

    @property
    def up_to_date(self) -> bool:
        """True when nothing had to be done."""
        return self.copied is None

    @property
    def sent(self) -> int:
        """Bytes that went to the destination; an engine does not tell."""
        return self.copied.sent if self.copied else 0

    @property
    def reference(self) -> str:
        """``NAME@sha256:…``, a location that ksimage reads."""
        return f"{self.location}@{self.top.digest}"


def publish(
    source: Source,
    location: Location,
    *,
    options: RegistryOptions | None = None,
    overwrite: bool = False,
    repair: bool = False,
    jobs: int = JOBS,
    progress: Progress | None = None,
) -> Published:
    """Copy ``source`` to ``location``.

    Args:
        options: for the registry client.
        overwrite: replace what the name holds, after keeping it.
        repair: look whether a registry that lists the image has all of its blobs, too.

    Raises:
        TagOccupied: the name holds something else and ``overwrite`` is False.
        KeptTagOccupied: what it holds would be lost.
        TagMoved: somebody else wrote to the name meanwhile.
    """
    if location.transport in (Transport.OCI, Transport.OCI_ARCHIVE, Transport.KUBEKEY):
        # skopeo, podman and KubeKey read no Docker manifests in a layout.
        source = AsOci(source)
    with closing(access.open_target(location, options=options)) as target:
        top = source.top()
        same = _names_of(source, top, location)
        held = held_now(target, location, options)
        if held is not None and held.digest in same:
            if repair and location.reference is not None:
                _mend(source, target, top, jobs)
            return Published(location, held, None)
        kept = make_room(source, location, held, options, overwrite=overwrite) if held else None
        copied = copy(source, target, top=top, jobs=jobs, progress=progress)
        target.close()
        now = _confirm(location, target, same | {copied.digest})
        return Published(location, now, copied, held.digest if held else None, kept)


def _mend(source: Source, target: Target, top: Descriptor, jobs: int) -> None:
    """What "push the base again" is to do after a registry lost a blob."""
    count = mend(source, target, top=top, jobs=jobs)
    if count:
        log.warning("%s lists the image, but had lost %d blobs: sent again", target.name, count)


def held_now(
    target: Target, location: Location, options: RegistryOptions | None
) -> Descriptor | None:
    """What the name points to now, or None; Harbor tells the digest of what it hands out to nobody.

    Raises:
        PolicyViolation: it does not tell this login.
    """
    try:
        return target.held()
    except PolicyViolation as error:
        from ksimage.harbor import api

        digest = api.digest_of(location.reference, options) if location.reference else None
        if digest is None:
            raise
        log.warning("%s holds %s, which is handed out to nobody: %s", location, digest, error.why)
        return Descriptor("", digest, 0)


def require_other_file(source: Location, destination: Location) -> None:
    """Refuse to write over the archive that is read, by whatever name it goes.

    Layouts, registries and engines are no such case: they hold several names, and the source's
    stays, or is kept as ``<tag>-orig``.

    Raises:
        DestinationIsSource
    """
    archives = (Transport.OCI_ARCHIVE, Transport.DOCKER_ARCHIVE)
    if destination.transport in archives and source.path:
        with suppress(OSError):  # not there yet, or not to be looked at
            if Path(source.path).samefile(destination.path):
                raise DestinationIsSource(str(destination), str(source))


def make_room(
    source: Source,
    location: Location,
    held: Descriptor,
    options: RegistryOptions | None,
    *,
    overwrite: bool,
) -> str | None:
    """Keep what a name holds before it is replaced; returns the name under which it is kept.

    Args:
        source: what is to take its place.

    Raises:
        TagOccupied: ``overwrite`` is False.
        KeptTagOccupied: it would be lost.
        TagImmutable: Harbor says that it will refuse.
    """
    if not overwrite:
        from ksimage.inspection.current import look

        found = look(location, options)
        place, free = _place(location, held, options, ours=found.ours)
        differences = _differences(location, options, source)
        raise TagOccupied(str(location), held.digest, str(found), place, differences, kept=free)
    if location.reference is not None:
        from ksimage.harbor import api

        api.require_mutable(location.reference, options)
    kept = _keep(location, held, options)
    if location.reference is not None:
        log.warning(
            "%s means another image now: nodes that ran the earlier one keep it"
            " (imagePullPolicy IfNotPresent); deploy the digest, or a new tag",
            location,
        )
    return kept


def _differences(location: Location, options: RegistryOptions | None, source: Source) -> list[str]:
    """What the image at ``location`` differs in from ``source``, as far as it can be read."""
    from ksimage.inspection import difference

    with closing(access.open_source(location, options=options)) as there:
        return difference.between(there, source)


def _place(
    location: Location, held: Descriptor, options: RegistryOptions | None, *, ours: bool
) -> tuple[str, bool]:
    """Where :func:`_keep` would keep it, and whether it would: as far as that can be seen."""
    first = next(map(str, naming.kept_locations(location)), "")
    with suppress(KsimageError):
        for place in naming.kept_locations(location):
            with closing(access.open_target(place, options=options)) as target:
                there = target.held()
            if there is None or there.digest == held.digest:
                return str(place), True
            if ours:
                return str(place), False
    return first, True


def _keep(location: Location, held: Descriptor, options: RegistryOptions | None) -> str | None:
    """Put what a name holds under ``<tag>-orig`` as well. Costs no data: it is there already.

    A second original goes to ``<tag>-orig-2``, and so on. Our own earlier build can be made again:
    it is kept as the first, and let go where another original is kept already.
    """
    content = None
    place = location
    for place in naming.kept_locations(location):
        with closing(access.open_target(place, options=options)) as target:
            there = target.held()
            if there is None:
                _name(location, held, place, target, options)
                log.info("kept %s as %s", held.digest, place)
            elif there.digest != held.digest:
                if content is None:
                    from ksimage.inspection.current import look

                    content = look(location, options)
                if not content.ours:
                    continue
                log.info("%s stays %s; replacing our own %s", place, there.digest, held.digest)
                return None
            return str(place)
    if content is not None:
        raise KeptTagOccupied(str(location), held.digest, str(content), str(place))
    return None  # an archive is one file


def _name(
    location: Location,
    held: Descriptor,
    place: Location,
    target: Target,
    options: RegistryOptions | None,
) -> None:
    """Give what ``location`` holds the name ``place`` as well."""
    if location.transport is Transport.DAEMON:
        from ksimage.locations.docker import engine, store

        with closing(engine.connect("result")) as client:
            store.tag(client, held.digest, place.ref)
        return
    with closing(access.open_source(location, options=options)) as source:
        target.tag(held, source.manifest(held))


def _names_of(source: Source, top: Descriptor, location: Location) -> set[str]:
    """The digests by which the destination may know the image.

    An engine knows images by their ID, the config's digest (or the manifest's, where containerd
    stores them). A Docker archive holds one manifest out of an index.
    """
    names = {top.digest}
    if location.transport in (Transport.DAEMON, Transport.DOCKER_ARCHIVE):
        for image in base_images.read_images(source).images:
            names |= {image.descriptor.digest, image.manifest.config.digest}
    return names


def _confirm(location: Location, target: Target, expected: set[str]) -> Descriptor:
    """What the name points to now, read back."""
    try:
        now = target.held()
    except NotFound:
        now = None
    if now is None or now.digest not in expected:
        wanted = " or ".join(sorted(expected))
        raise TagMoved(str(location), wanted, now.digest if now else "nothing")
    return now
