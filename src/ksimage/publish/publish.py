"""Put an image under a name without ever breaking that name.

Same digest there already: nothing to do. Something else there: refuse, or, when told to replace it,
keep it as ``<tag>-orig`` first. The name moves last, and is read back afterwards.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ksimage.base import images as base_images
from ksimage.base import naming
from ksimage.errors import KeptTagOccupied, NotFound, TagMoved, TagOccupied
from ksimage.locations import access
from ksimage.locations.kubekey.names import kept_ref
from ksimage.locations.spec import Transport
from ksimage.locations.transfer import JOBS, CopyResult, Progress, copy
from ksimage.locations.views.as_oci import AsOci

if TYPE_CHECKING:
    from ksimage.images.manifest import Descriptor
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
    def reference(self) -> str:
        """``NAME@sha256:…``, a location that ksimage reads."""
        return f"{self.location}@{self.top.digest}"


def publish(
    source: Source,
    location: Location,
    *,
    options: RegistryOptions | None = None,
    overwrite: bool = False,
    jobs: int = JOBS,
    progress: Progress | None = None,
) -> Published:
    """Copy ``source`` to ``location``.

    Args:
        options: for the registry client.
        overwrite: replace what the name holds, after keeping it.

    Raises:
        TagOccupied: the name holds something else and ``overwrite`` is False.
        KeptTagOccupied: what it holds would be lost.
        TagMoved: somebody else wrote to the name meanwhile.
    """
    if location.transport in (Transport.OCI, Transport.OCI_ARCHIVE, Transport.KUBEKEY):
        # skopeo, podman and KubeKey read no Docker manifests in a layout.
        source = AsOci(source)
    target = access.open_target(location, options=options)
    try:
        top = source.top()
        same = _names_of(source, top, location)
        held = target.held()
        if held is not None and held.digest in same:
            return Published(location, held, None)
        kept = make_room(location, held, options, overwrite=overwrite) if held else None
        copied = copy(source, target, top=top, jobs=jobs, progress=progress)
        target.close()
        now = _confirm(location, target, same | {copied.digest})
        return Published(location, now, copied, held.digest if held else None, kept)
    finally:
        target.close()


def make_room(
    location: Location, held: Descriptor, options: RegistryOptions | None, *, overwrite: bool
) -> str | None:
    """Keep what a name holds before it is replaced; returns the name under which it is kept.

    Raises:
        TagOccupied: ``overwrite`` is False.
        KeptTagOccupied: it would be lost.
    """
    if not overwrite:
        from ksimage.inspection.current import look

        raise TagOccupied(str(location), held.digest, str(look(location, options)))
    return _keep(location, held, options)


def _keep(location: Location, held: Descriptor, options: RegistryOptions | None) -> str | None:
    """Put what a name holds under ``<tag>-orig`` as well. Costs no data: it is there already."""
    place = _kept_location(location)
    if place is None:
        return None
    target: Target = access.open_target(place, options=options)
    source = access.open_source(location, options=options)
    try:
        there = target.held()
        if there is None:
            target.tag(held, source.manifest(held))
            log.info("kept %s as %s", held.digest, place)
        elif there.digest != held.digest:
            from ksimage.inspection.current import look

            content = look(location, options)
            if not content.ours:
                raise KeptTagOccupied(
                    str(location), held.digest, str(content), str(place), there.digest
                )
            # Our own earlier build can be made again; the first original is worth more.
            log.info("%s stays %s; replacing our own build %s", place, there.digest, held.digest)
            return None
        return str(place)
    finally:
        source.close()
        target.close()


def _kept_location(location: Location) -> Location | None:
    if location.reference is not None:
        return replace(location, reference=naming.kept_tag(location.reference))
    if location.transport is Transport.OCI:
        return location.with_ref(f"{location.ref}-orig")
    if location.transport is Transport.KUBEKEY and Path(location.path).is_dir():
        return location.with_ref(kept_ref(location.ref))
    return None  # an archive is one file, and an engine keeps the old image by its ID


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
