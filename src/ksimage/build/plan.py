"""The main job: from a release's name to a plan, and from the plan to a proven image.

:func:`plan` reads and decides everything and writes nothing; :func:`build_direct` and
:func:`build_docker` carry a plan out. Nothing is tagged before it is proven.
"""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ksimage.base import images as base_images
from ksimage.base import lookup, naming
from ksimage.build.patcher import Patcher
from ksimage.derivation import recipe
from ksimage.errors import BaseMoved, ReleaseMismatch, UnsupportedRelease
from ksimage.hook.platforms import find_hooks
from ksimage.inspection import identity as image_identity
from ksimage.inspection.identity import Origin
from ksimage.upstream import releases
from ksimage.upstream.kubekey import tags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ksimage.base.images import ImageSet, PlatformImage
    from ksimage.config.settings import Settings
    from ksimage.derivation.recipe import Recipe
    from ksimage.hook.layers import Hook
    from ksimage.hook.platforms import Reading
    from ksimage.locations.options import OptionsFor
    from ksimage.locations.protocol import Source
    from ksimage.locations.spec import Location
    from ksimage.patching.apply import SeriesResult
    from ksimage.patching.series import Selection

log = logging.getLogger("ksimage.build")


class PlatformPlan(NamedTuple):
    """What is to happen to one platform's image."""

    image: PlatformImage
    hook: Hook
    patched: SeriesResult
    recipe: Recipe


@dataclass(frozen=True)
class Plan:
    """Everything that a build is going to do. Hold it open while building: it owns ``source``.

    Attributes:
        release: upstream's tag, or the base's own when the hook is nobody's that is known.
        location: where the base is.
        source: the base, open.
        base: its platforms.
        platforms: one plan a platform, in the base's order.
        selection: patches applied and skipped.
        tag: the result's tag.
        identity: what the labels say.
        notes: what the user should know, in order of weight.
    """

    release: str
    location: Location
    source: Source
    base: ImageSet
    platforms: tuple[PlatformPlan, ...]
    selection: Selection
    tag: str
    identity: recipe.Identity
    notes: tuple[str, ...] = ()

    @property
    def repository(self) -> str:
        """The result's name in an engine, without a tag."""
        return naming.repository_name(self.location)

    def index_annotations(self) -> Mapping[str, str]:
        """Annotations for the result's index."""
        return recipe.identity_of(self.identity, self.base.top.digest)


def plan(
    what: str,
    settings: Settings,
    *,
    options: OptionsFor,
    platforms: tuple[str, ...] = (),
    base_digest: str | None = None,
    epoch: int | None = None,
    identity: recipe.Identity | None = None,
    reading: Reading | None = None,
) -> Plan:
    """Read the base, patch its hook, and lay down what is to be made. Writes nothing.

    Args:
        what: release, or image.
        settings: what is in force.
        options: registry options by location.
        platforms: overrides the settings' when given.
        base_digest: what the base's manifest or index must be.
        epoch: SOURCE_DATE_EPOCH.
        identity: what the labels are to say of release and base, instead of what is found out.
        reading: told of the layers that are read, from several threads; it may raise.

    Raises:
        whatever opening and reading the base raises; PatchError; ReleaseMismatch; BaseMoved.
    """
    wanted = platforms or settings.platforms
    location, source, release = lookup.open_base(
        what, settings, options, wanted[0] if wanted else ""
    )
    try:
        images = base_images.read_images(source, wanted)
        if base_digest and images.top.digest != base_digest:
            raise BaseMoved(str(location), base_digest, images.top.digest)
        return _plan(location, source, release, images, settings, epoch, identity, reading)
    except BaseException:
        source.close()
        raise


def _plan(
    location: Location,
    source: Source,
    release: str | None,
    images: ImageSet,
    settings: Settings,
    epoch: int | None,
    given: recipe.Identity | None,
    reading: Reading | None,
) -> Plan:
    notes: list[str] = []
    name = (given.release if given else release) or naming.guess_release(location) or ""
    with closing(Patcher(str(location), settings, name)) as patcher:
        hooks = find_hooks(source, images, partial(patcher.begin, name), reading)
        decided = release is not None
        for image, hook in hooks:
            name = _judge(str(location), image, hook, name, given=decided, notes=notes)
            decided = decided or bool(name)  # all platforms are of one release
        notes += _odd(hooks)
        selection = patcher.select(name)
        patched = [patcher.patch(name, image, hook) for image, hook in hooks]
    genuine = not getattr(source, "synthesized", False)
    identity = recipe.Identity(
        name or "unknown",
        given.base_name if given else base_name(location) if genuine else "",
        tuple(recipe.PatchId(patch.name, patch.sha256) for patch in selection.patches),
        settings.labels,
    )
    plans = tuple(
        PlatformPlan(
            image,
            hook,
            result,
            recipe.make(
                image,
                hook,
                result.after,
                identity,
                verbosity=settings.verbosity,
                base_digest=image.descriptor.digest if genuine else "",
                epoch=epoch,
            ),
        )
        for (image, hook), result in zip(hooks, patched, strict=True)
    )
    tag = naming.fill_tag(
        settings.tag,
        release=name or _own_tag(location),
        verbosity=settings.verbosity,
        digest=images.top.digest,
    )
    notes += [f"left out: {skipped.patch.name}: {skipped.reason}" for skipped in selection.skipped]
    notes += [f"dropped from the index: {entry}" for entry in images.dropped]
    notes += tags.warnings(tag)
    if settings.verbosity:
        notes.append(
            f"verbosity {settings.verbosity}: the installer's log will contain tokens and the"
            " admin password; treat it as a secret"
        )
    return Plan(
        name or "unknown", location, source, images, plans, selection, tag, identity, tuple(notes)
    )


def _judge(
    name: str, image: PlatformImage, hook: Hook, release: str, *, given: bool, notes: list[str]
) -> str:
    """Which release a hook belongs to. Refuses what must not be patched, notes what is odd."""
    identity = image_identity.identify(image, hook)
    if identity.origin is Origin.KSIMAGE:
        notes.append(f"the base is itself a {identity}")
        return release or identity.release
    if identity.origin is Origin.PRISTINE:
        first = releases.find(identity.release)
        if not first.supported:
            raise UnsupportedRelease(first.tag, first.reason)
        if release in identity.releases:
            return release
        if given:
            raise ReleaseMismatch(name, release, identity.releases)
        return identity.release
    return release


def _odd(hooks: Sequence[tuple[PlatformImage, Hook]]) -> list[str]:
    """A note for each hook that is nobody's known, once, whatever number of platforms has it."""
    found: dict[str, list[str]] = {}
    for image, hook in hooks:
        if image_identity.identify(image, hook).origin in (Origin.FOREIGN, Origin.TAMPERED):
            found.setdefault(hook.sha256, []).append(str(image.platform))
    return [
        f"{'' if len(on) == len(hooks) else ', '.join(on) + ': '}the hook is not upstream's"
        f" (sha256 {sha256[:12]}…)"
        for sha256, on in found.items()
    ]


def base_name(location: Location) -> str:
    """What the labels call a base: a reference without its digest; empty outside of registries."""
    if location.reference is None:
        return ""
    return str(replace(location.reference, digest=None) if location.reference.tag else location)


def _own_tag(location: Location) -> str:
    name = location.reference.tag if location.reference else location.ref.rpartition(":")[2]
    return name or "unknown"
