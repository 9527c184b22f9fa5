"""What a name really holds: digests, image IDs, hook, settings, and what its surroundings tell.

Nothing is judged as a failure here and no image is refused for being foreign: this is for looking.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ksimage.base import images as base_images
from ksimage.base import naming
from ksimage.derivation import recipe, repair
from ksimage.errors import HookNotFound, KsimageError
from ksimage.harbor.view import hints
from ksimage.hook.find import find_hook
from ksimage.images import config as image_config
from ksimage.images.mediatypes import INDEX_TYPES
from ksimage.inspection import current, overwrite
from ksimage.inspection import identity as image_identity
from ksimage.inspection.overwrite import Judgement, Kept
from ksimage.locations import access, spec
from ksimage.upstream.kubekey import tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ksimage.base.images import ImageSet, PlatformImage
    from ksimage.harbor.api import Harbor
    from ksimage.harbor.view import View
    from ksimage.hook.layers import Hook
    from ksimage.inspection.identity import Identity
    from ksimage.locations.options import RegistryOptions
    from ksimage.locations.protocol import Source
    from ksimage.locations.spec import Location


@dataclass(frozen=True)
class PlatformReport:
    """One platform's image.

    Attributes:
        size: bytes of config and layers, compressed as they are stored.
        identity: whose hook it is; None when there is none, and ``no_hook`` says why.
        verbosity: default of KS_INSTALLER_VERBOSITY, None when not set.
        lost: what an installer needs and the image does not have, as ``docker commit`` loses it.
    """

    platform: str
    media_type: str
    digest: str
    image_id: str
    layers: int
    size: int
    created: str
    entrypoint: object
    command: object
    user: str
    identity: Identity | None
    no_hook: str
    verbosity: str | None
    lost: tuple[str, ...]


@dataclass(frozen=True)
class Inspection:
    """What a name holds.

    Attributes:
        dropped: entries of the index that ksimage cannot carry over, attestations above all.
        warnings: what KubeKey would do with the tag, and what Harbor would do with a push.
        view: what Harbor tells; None when it is no Harbor.
        kept: what ``<tag>-orig`` holds.
        judgement: whether the tag was overwritten; None for what is in no registry.
    """

    name: str
    media_type: str
    digest: str
    platforms: tuple[PlatformReport, ...]
    dropped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    view: View | None = None
    kept: Kept | None = None
    judgement: Judgement | None = None

    @property
    def is_index(self) -> bool:
        """Whether it is an index or manifest list."""
        return self.media_type in INDEX_TYPES


def inspect(
    source: Source,
    location: Location,
    harbor: Harbor | None = None,
    *,
    platforms: Sequence[str] = (),
    options: RegistryOptions | None = None,
) -> Inspection:
    """Look at what ``location`` holds.

    Args:
        source: the image, open.
        harbor: the registry's Harbor, when it is one.
        platforms: only these, when given.
        options: for the registry client.

    Raises:
        ImageNotFound, PlatformNotFound, MalformedImage, UnsupportedImage, AuthError,
        RegistryError: the image itself cannot be read. What only surrounds it may be missing.
    """
    images = base_images.read_images(source, platforms)
    found = tuple(_platform(image, hook) for image, hook in _hooks(source, images))
    reference = location.reference
    inspection = Inspection(
        str(location), images.top.media_type, images.top.digest, found, images.dropped
    )
    if reference is None:
        return inspection
    view = harbor.look(reference) if harbor is not None else None
    warnings = list(tags.warnings(reference.tag)) if reference.tag else []
    if view is not None:
        warnings += hints(view, reference.tag)
    kept = _kept(location, images, harbor, options)
    judgement = overwrite.judge(
        None if reference.digest else reference.tag,
        images.top.digest,
        [platform.identity and platform.identity.origin for platform in found],
        kept=kept,
        kubekey_names=_kubekey_names(location, images, options),
        view=view,
    )
    return replace(inspection, warnings=tuple(warnings), view=view, kept=kept, judgement=judgement)


def _hooks(source: Source, images: ImageSet) -> Iterable[tuple[PlatformImage, Hook | HookNotFound]]:
    """Each platform's hook, or why there is none; platforms with equal layers are read once."""
    read: dict[tuple[str, ...], Hook | HookNotFound] = {}
    for image in images.images:
        key = tuple(layer.digest for layer in image.manifest.layers)
        if key not in read:
            try:
                read[key] = find_hook(source, image)
            except HookNotFound as error:
                read[key] = error
        yield image, read[key]


def _platform(image: PlatformImage, hook: Hook | HookNotFound) -> PlatformReport:
    settings = image_config.settings(image.config)
    manifest = image.manifest
    identity, faults = None, []
    if not isinstance(hook, HookNotFound):
        identity = image_identity.identify(image, hook)
        faults = repair.faults(image.config, hook, identity.release)
    return PlatformReport(
        platform=str(image.platform),
        media_type=manifest.media_type,
        digest=image.descriptor.digest,
        image_id=manifest.config.digest,
        layers=len(manifest.layers),
        size=manifest.config.size + sum(layer.size for layer in manifest.layers),
        created=str(image.config.get("created") or "unknown"),
        entrypoint=settings.get("Entrypoint"),
        command=settings.get("Cmd"),
        user=str(settings.get("User") or ""),
        identity=identity,
        no_hook=hook.why if isinstance(hook, HookNotFound) else "",
        verbosity=image_config.environment(image.config).get(recipe.VERBOSITY_VARIABLE),
        lost=tuple(fault.text for fault in faults),
    )


def _kept(
    location: Location, images: ImageSet, harbor: Harbor | None, options: RegistryOptions | None
) -> Kept | None:
    """``<tag>-orig`` of the same repository, when it can be seen."""
    reference = location.reference
    if reference is None or reference.tag is None or reference.digest is not None:
        return None
    place = next(naming.kept_locations(location))
    there = place.reference
    assert there is not None, "it is beside a reference"
    digest = _held(place, options)
    if digest is None:
        return None
    what = ""
    if digest != images.top.digest:
        what = str(current.look(place, options))
    artifact = harbor.artifact(there) if harbor else None
    tag = artifact.tag(there.tag) if artifact and artifact.digest == digest else None
    return Kept(there.tag or "", digest, what, tag.pushed if tag else None)


def _kubekey_names(
    location: Location, images: ImageSet, options: RegistryOptions | None
) -> list[str]:
    """Those of KubeKey's ``<tag>-<arch>`` beside an index that hold the index's own images."""
    reference = location.reference
    if reference is None or not reference.tag or reference.digest or images.index is None:
        return []
    found = []
    for image in images.images:
        name = f"{reference.tag}-{image.platform.architecture}"
        place = spec.Location(spec.Transport.REGISTRY, reference=reference.with_tag(name))
        if _held(place, options) == image.descriptor.digest:
            found.append(name)
    return found


def _held(location: Location, options: RegistryOptions | None) -> str | None:
    with closing(access.open_target(location, options=options)) as target:
        try:
            found = target.held()
        except KsimageError:
            return None
    return found.digest if found else None
