"""The main job: from a release's name to a plan. It reads and decides everything, writes nothing.

``make`` (or, in an engine, ``docker``) carries a plan out.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from ksimage.base import images as base_images
from ksimage.base import lookup, naming
from ksimage.build import original
from ksimage.build.patcher import Patcher
from ksimage.derivation import labels as label
from ksimage.derivation import recipe
from ksimage.derivation.repair import NOTHING, faults, of
from ksimage.errors import BaseBroken, BaseMoved, ReleaseMismatch, UnsupportedRelease
from ksimage.hook.platforms import find_hooks
from ksimage.inspection import identity as image_identity
from ksimage.inspection.identity import Origin
from ksimage.locations.oci.documents import REF_NAME
from ksimage.locations.spec import Location, Transport
from ksimage.upstream import releases
from ksimage.upstream.kubekey import tags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ksimage.base.images import ImageSet, PlatformImage
    from ksimage.config.settings import Settings
    from ksimage.derivation.recipe import Recipe
    from ksimage.derivation.repair import Repair
    from ksimage.hook.layers import Hook
    from ksimage.hook.platforms import Reading
    from ksimage.images.manifest import Descriptor
    from ksimage.locations.options import OptionsFor
    from ksimage.locations.protocol import Source
    from ksimage.patching.apply import SeriesResult
    from ksimage.patching.series import Selection

    Soundness = Literal["require", "repair", "ignore"]

log = logging.getLogger("ksimage.build")


class PlatformPlan(NamedTuple):
    """What is to happen to one platform's image."""

    image: PlatformImage
    hook: Hook
    patched: SeriesResult
    recipe: Recipe


class Plan(NamedTuple):
    """Everything that a build is going to do. Hold it open while building: it owns ``source``.

    Attributes:
        release: upstream's tag, or the base's own when the hook is nobody's that is known.
        location: where the base is.
        source: the base, open.
        base: its platforms.
        platforms: one plan a platform, in the base's order.
        selection: patches applied and skipped.
        tag: the result's tag.
        statement: what the labels say.
        notes: what the user should know, in order of weight.
    """

    release: str
    location: Location
    source: Source
    base: ImageSet
    platforms: tuple[PlatformPlan, ...]
    selection: Selection
    tag: str
    statement: label.Provenance
    notes: tuple[str, ...] = ()

    @property
    def repository(self) -> str:
        """The result's name in an engine, without a tag."""
        return naming.repository_name(self.location)

    def index_annotations(self) -> Mapping[str, str]:
        """Annotations for the result's index."""
        # KubeKey keeps platforms apart: the index that joins them is nowhere but here.
        joined = self.location.transport is Transport.KUBEKEY
        digest = "" if joined else naming.own_digest(self.location, self.base.top.digest)
        return self.statement.said(digest)


def plan(
    what: str,
    settings: Settings,
    *,
    options: OptionsFor,
    platforms: tuple[str, ...] = (),
    base_digest: str | None = None,
    epoch: int | None = None,
    statement: label.Provenance | None = None,
    reading: Reading | None = None,
    soundness: Soundness = "require",
    prove: bool = True,
) -> Plan:
    """Read the base, patch its hook, and lay down what is to be made. Writes nothing.

    Args:
        what: release, or image.
        settings: what is in force.
        options: registry options by location.
        platforms: overrides the settings' when given.
        base_digest: what the base's manifest or index must be.
        epoch: SOURCE_DATE_EPOCH.
        statement: what the labels are to say of release and base, instead of what is found out.
        reading: told of the layers that are read, from several threads; it may raise.
        soundness: whether a base that no installer would run in is refused, repaired as far as
            that goes, or left as it is, where no image is made of it.
        prove: whether the patched hooks have to be proven. Without, no image may be made of it.

    Raises:
        whatever opening and reading the base raises; PatchError; ReleaseMismatch; BaseMoved;
        BaseBroken.
    """
    wanted = platforms or settings.platforms
    asked, source, release = lookup.open_base(what, settings, options, wanted[0] if wanted else "")
    location = asked
    notes: list[str] = []
    with ExitStack() as unfinished:
        unfinished.callback(source.close)
        images = base_images.read_images(source, wanted)
        notes += _misnamed(asked, images.top, release)
        if before := original.find(asked, images, options, wanted):
            unfinished.close()
            location, source, images = before
            unfinished.callback(source.close)
            log.info("%s is a build of ours: building from %s", asked, location)
        if base_digest and images.top.digest != base_digest:
            raise BaseMoved(str(location), base_digest, images.top.digest)
        name = (statement.release if statement else release) or naming.guess_release(asked) or ""
        with closing(Patcher(str(location), settings, name, prove=prove)) as patcher:
            hooks = find_hooks(source, images, partial(patcher.begin, name), reading)
            decided = release is not None
            for image, hook in hooks:
                name = _judge(str(location), image, hook, name, given=decided, notes=notes)
                decided = decided or bool(name)  # all platforms are of one release
            notes += _odd(hooks)
            repairs = [
                _repaired(str(location), image, hook, name, soundness, notes)
                for image, hook in hooks
            ]
            selection = patcher.select(name)
            patched = [patcher.patch(name, image, hook) for image, hook in hooks]
        said = label.Provenance(
            name or "unknown",
            statement.base_name if statement else naming.base_name(asked),
            tuple(label.PatchId(patch.name, patch.sha256) for patch in selection.patches),
            settings.labels,
        )
        make = partial(recipe.make, statement=said, verbosity=settings.verbosity, epoch=epoch)
        plans = []
        for (image, hook), result, repair in zip(hooks, patched, repairs, strict=True):
            digest = naming.own_digest(location, image.descriptor.digest)
            added = make(image, hook, result.after, base_digest=digest, repair=repair)
            plans.append(PlatformPlan(image, hook, result, added))
        tag = naming.fill_tag(
            settings.tag,
            release=name or _own_tag(asked),
            verbosity=settings.verbosity,
            digest=images.top.digest,
        )
        notes += [f"left out: {left.patch.name}: {left.reason}" for left in selection.skipped]
        notes += [f"dropped from the index: {entry}" for entry in images.dropped]
        notes += tags.warnings(tag)
        if settings.verbosity:
            notes.append(
                f"verbosity {settings.verbosity}: the installer's log will contain tokens and the"
                " admin password; treat it as a secret"
            )
        unfinished.pop_all()
    return Plan(
        name or "unknown",
        location,
        source,
        images,
        tuple(plans),
        selection,
        tag,
        said,
        tuple(notes),
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


def _misnamed(asked: Location, top: Descriptor, release: str | None) -> list[str]:
    """A note where the base's own name says another release than the one asked for."""
    inside = top.annotations.get(REF_NAME, "")
    named = naming.guess_release(asked) or naming.guess_release(Location(Transport.OCI, ref=inside))
    if not release or named in (None, release):
        return []
    return [f"the base is named {named}, and {release} is made of it: is it the one you mean?"]


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


def _repaired(
    name: str,
    image: PlatformImage,
    hook: Hook,
    release: str,
    soundness: Soundness,
    notes: list[str],
) -> Repair:
    """What the base gets back. Raises BaseBroken for one that no installer would run in."""
    if image_identity.identify(image, hook).origin is Origin.KSIMAGE or soundness == "ignore":
        return NOTHING
    found = faults(image.config, hook, release)
    lasting = [fault for fault in found if not fault.name]
    if lasting or (found and soundness != "repair"):
        raise BaseBroken(name, [fault.text for fault in found], repairable=not lasting)
    notes += [
        f"repaired: {fault.text}" for fault in found if f"repaired: {fault.text}" not in notes
    ]
    return of(image.config, hook, release)


def _own_tag(location: Location) -> str:
    name = location.reference.tag if location.reference else location.ref.rpartition(":")[2]
    return name or "unknown"
