"""Is what a registry holds still what a build would make? Digests and labels only, no layers.

Answers three questions for a release: has the base moved, has a patch (or setting, or ksimage
itself) changed, has somebody overwritten the tag, as KubeKey does whenever it pushes an artifact.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

import ksimage
from ksimage.base import images as base_images
from ksimage.base import lookup, naming
from ksimage.build import original as originals
from ksimage.build import patcher
from ksimage.derivation import labels as label
from ksimage.derivation import recipe
from ksimage.errors import KsimageError, NotFound, PolicyViolation
from ksimage.images import config as image_config
from ksimage.inspection.difference import label_reason
from ksimage.locations import access
from ksimage.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ksimage.base.images import ImageSet, PlatformImage
    from ksimage.config.settings import Settings
    from ksimage.locations.options import OptionsFor
    from ksimage.locations.spec import Location


class Staleness(Enum):
    """What a check found for one release."""

    CURRENT = "up to date"
    OUTDATED = "outdated"
    MISSING = "not built yet"
    OVERWRITTEN = "overwritten"
    WITHHELD = "withheld"  # a policy of the registry's project lets nobody read it
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """One release's answer.

    Attributes:
        release: upstream's tag.
        state: the answer.
        reasons: what differs, in words.
        image: where it was looked for, without a digest.
        tag: the image's tag.
        digest: what the tag holds, empty when nothing.
        base_digest: what the base is now, empty when it could not be read.
        error: why it could not be checked.
    """

    release: str
    state: Staleness
    reasons: tuple[str, ...] = ()
    image: str = ""
    tag: str = ""
    digest: str = ""
    base_digest: str = ""
    error: KsimageError | None = None

    @property
    def needs_build(self) -> bool:
        """Whether a build would change something (or is needed to find out)."""
        return self.state not in (Staleness.CURRENT, Staleness.WITHHELD)

    @property
    def reason(self) -> str:
        """The reasons as one text."""
        return "; ".join(self.reasons) or self.state.value


def check(
    release: str, pinned: str | None, settings: Settings, *, options: OptionsFor, target: str
) -> Finding:
    """Check one release.

    Args:
        release: upstream's tag.
        pinned: the digest that its base must have, or None.
        settings: what is in force.
        options: registry options by location.
        target: repository or project where the result is expected.
    """
    try:
        return _check(release, pinned, settings, options, target)
    except PolicyViolation as error:
        return Finding(release, Staleness.WITHHELD, (error.why,))
    except KsimageError as error:
        return Finding(release, Staleness.FAILED, (error.message,), error=error)


def check_all(
    wanted: Sequence[tuple[str, str | None]], settings: Settings, options: OptionsFor, target: str
) -> list[Finding]:
    """Check several releases, each with the digest that it is pinned to, some at once."""
    one = partial(check, settings=settings, options=options, target=target)
    with Threads(settings.jobs, "check") as pool:
        return list(pool.map(lambda item: one(*item), wanted))


def _check(
    release: str, pinned: str | None, settings: Settings, options: OptionsFor, target: str
) -> Finding:
    origin, source, _ = lookup.open_base(release, settings, options)
    original = originals.images(origin, source, options, settings.platforms)
    digest = original.top.digest
    tag = naming.fill_tag(
        settings.tag, release=release, verbosity=settings.verbosity, digest=digest
    )
    location = naming.target_location(target, tag)
    nothing = Finding(release, Staleness.MISSING, (), str(location), tag, "", digest)
    found = _read(location, options)
    if found is None:
        return nothing
    there = replace(nothing, digest=found.top.digest)
    wanted = _wanted(release, settings)
    foreign = [i for i in found.images if label.HOOK_AFTER not in image_config.labels(i.config)]
    if foreign:  # without reading a layer: upstream's configs carry no label of ksimage
        layers = len(_layers(foreign[0]))
        what = f"the tag holds an image that ksimage did not make ({layers} layers)"
        return replace(there, state=Staleness.OVERWRITTEN, reasons=(what,))
    reasons = _differences(found, original, naming.base_name(origin), wanted, settings)
    if pinned not in (None, digest):
        reasons.insert(0, f"the base moved: {digest}, pinned is {pinned}")
    state = Staleness.OUTDATED if reasons else Staleness.CURRENT
    return replace(there, state=state, reasons=tuple(dict.fromkeys(reasons)))


def _read(location: Location, options: OptionsFor) -> ImageSet | None:
    with closing(access.open_source(location, options=options(location))) as source:
        try:
            return base_images.read_images(source)
        except NotFound:
            return None


def _wanted(release: str, settings: Settings) -> Mapping[str, str]:
    """The labels that a build would set, as far as they do not depend on the hook."""
    patches = [
        label.PatchId(patch.name, patch.sha256)
        for patch in patcher.select(settings, release).patches
    ]
    return {
        label.VERSION: ksimage.__version__,
        label.RELEASE: release,
        label.PATCHES: " ".join(map(str, patches)),
        **settings.labels,
    }


def _differences(
    found: ImageSet, original: ImageSet, name: str, wanted: Mapping[str, str], settings: Settings
) -> list[str]:
    reasons: list[str] = []
    bases = {image.platform.normal: image for image in original.images}
    present = {image.platform.normal for image in found.images}
    reasons += [f"{platform} is missing" for platform in sorted(set(bases) - present)]
    reasons += [f"{platform} is not in the base" for platform in sorted(present - set(bases))]
    for image in found.images:
        labels = image_config.labels(image.config)
        before = bases.get(image.platform.normal)
        if before and not _is_of(image, before):
            reasons.append("the base moved")
        if labels.get(label.BASE_NAME, "") != name:
            reasons.append(label_reason(label.BASE_NAME, labels.get(label.BASE_NAME), name))
        for key, value in wanted.items():
            if labels.get(key) != value:
                reasons.append(label_reason(key, labels.get(key), value))
        extra = label.extra(labels, image_config.labels(before.config)) if before else {}
        reasons += [f"label {key} is set no more" for key in sorted(extra.keys() - wanted.keys())]
        level = image_config.environment(image.config).get(recipe.VERBOSITY_VARIABLE)
        if level != str(settings.verbosity):
            reasons.append(f"its verbosity is {level}, not {settings.verbosity}")
    return reasons


def _is_of(image: PlatformImage, original: PlatformImage) -> bool:
    """Whether an image was made from a base. Labels name none that had no manifest of its own."""
    digest = image_config.labels(image.config).get(label.BASE_DIGEST)
    same = digest in (None, "", original.descriptor.digest)
    return same and _layers(image)[:-1] == _layers(original)


def _layers(image: PlatformImage) -> Sequence[str]:
    """The diff IDs: what the layers hold, however they are compressed."""
    return image_config.diff_ids(image.config)
