"""What a name holds, found out before it is replaced: in words, and whether it can be made again.

Two questions of somebody who is about to overwrite a tag. The first is answered within bounds: an
image that is no installer has no hook, and gigabytes would be read to learn that. The second is
answered strictly: what is let go must be, on every platform, a build of ours with nothing on top.
"""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ksimage.base import images as base_images
from ksimage.derivation import labels as label
from ksimage.derivation import recipe
from ksimage.derivation.recipe import VERBOSITY_VARIABLE
from ksimage.errors import (
    AmbiguousImage,
    HookNotFound,
    ImageNotFound,
    KsimageError,
    PolicyViolation,
)
from ksimage.hook.find import find_hook
from ksimage.hook.layers import MAX_HOOK
from ksimage.images import config as image_config
from ksimage.inspection import identity as image_identity
from ksimage.inspection.addition import added_layer
from ksimage.inspection.identity import Origin
from ksimage.locations import access
from ksimage.locations.spec import Transport
from ksimage.locations.views import Bounded, TooFar
from ksimage.objects import number
from ksimage.text import printable
from ksimage.upstream.releases import HOOK_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.base.images import PlatformImage
    from ksimage.inspection.identity import Identity
    from ksimage.locations.options import RegistryOptions
    from ksimage.locations.protocol import Source
    from ksimage.locations.spec import Location

log = logging.getLogger("ksimage.publish")

LIMIT = 128 << 20
"""Compressed bytes of layers that are read for an answer, all platforms together."""
MAX_LABELS, MAX_LABEL = 3, 60  # labels that are shown, and characters of each

_SETTINGS = re.compile(r"(?:/bin/sh -c #\(nop\)\s+)?(ENV|LABEL) ")


@dataclass(frozen=True)
class PlatformContent:
    """One platform of it. ``ours``: made by ksimage, and nothing was added since."""

    platform: str
    what: str
    ours: bool


@dataclass(frozen=True)
class Content:
    """What a name holds; prints as a phrase that "it holds" can stand before.

    ``unreadable`` is the phrase for what is no image that ksimage reads.
    """

    parts: tuple[PlatformContent, ...]
    unreadable: str = ""

    @property
    def ours(self) -> bool:
        """Whether all of it can be made again: every platform is our own build, as it was made."""
        return bool(self.parts) and all(part.ours for part in self.parts)

    def __str__(self) -> str:
        platforms: dict[str, list[str]] = {}
        for part in self.parts:
            platforms.setdefault(part.what, []).append(part.platform)
        if len(platforms) < 2:
            return next(iter(platforms), self.unreadable)
        return "; ".join(f"for {', '.join(names)} {what}" for what, names in platforms.items())


def look(location: Location, options: RegistryOptions | None) -> Content:
    """Look at what a name holds. What cannot be read is an answer as well, and no error."""
    source = access.open_source(location, options=options)
    try:
        if location.transport is Transport.DAEMON and (part := _in_engine(source)):
            return Content((part,))
        bounded = Bounded(source, LIMIT)
        return Content(tuple(_part(bounded, i) for i in base_images.read_images(source).images))
    except PolicyViolation as error:
        log.info("%s: %s", location, error.message)
        return Content((), f"an image that the registry hands out to nobody ({error.why})")
    except (AmbiguousImage, ImageNotFound) as error:
        names = _names(location)
        log.info("%s: %s", location, error.message)
        what = f"images of other names: {', '.join(names[:5])}" if names else "other images"
        return Content((), what + (f" and {len(names) - 5} more" if len(names) > 5 else ""))
    except KsimageError as error:
        log.info("%s: %s", location, error.message)
        return Content((), "something else, which cannot be read as an image")
    finally:
        source.close()


def _names(location: Location) -> list[str]:
    try:
        return access.names_in(location)
    except KsimageError:
        return []


def _part(source: Bounded, image: PlatformImage) -> PlatformContent:
    name = str(image.platform)
    size = sum(layer.size for layer in image.manifest.layers)
    about = _about(size, image_config.labels(image.config))
    try:
        hook = find_hook(source, image)
    except HookNotFound as error:
        return PlatformContent(name, f"an image without the hook ({error.why}){about}", ours=False)
    except TooFar:
        what = f"an image whose hook was not looked for beyond {LIMIT >> 20} MiB of its layers"
        return PlatformContent(name, what + about, ours=False)
    except KsimageError as error:
        log.info("%s: %s", source.name, error.message)
        return PlatformContent(name, f"an image with a broken layer{about}", ours=False)
    identity = image_identity.identify(image, hook)
    ours = identity.origin is Origin.KSIMAGE and _as_made(image)
    if ours:
        source.left += image.manifest.layers[-1].size  # a small one, which is read again
        ours = added_layer(source, image, hook).passed is True
    return PlatformContent(
        name, _words(identity, ours=ours) + (_level(image) if ours else ""), ours
    )


def _level(image: PlatformImage) -> str:
    """What two builds of the same patches can differ in, too."""
    level = image_config.environment(image.config).get(VERBOSITY_VARIABLE, "")
    return f", verbosity {level or 'not set'}"


def _in_engine(source: Source) -> PlatformContent | None:
    """An engine hands out whole images only, so one that we did not label is asked for its hook."""
    from ksimage.locations.docker.daemon import DaemonSource

    assert isinstance(source, DaemonSource)
    information = source.inspect()
    labels = image_config.labels({"config": information.get("Config")})
    if label.HOOK_AFTER in labels:
        return None
    name = f"{information.get('Os')}/{information.get('Architecture')}"
    file = source.read_file(f"/{HOOK_PATH}", MAX_HOOK)
    if file is None:
        about = _about(number(information, "Size"), labels)
        return PlatformContent(name, f"an image without the hook{about}", ours=False)
    return PlatformContent(
        name, str(image_identity.judge(labels, hashlib.sha256(file).hexdigest())), ours=False
    )


def _words(identity: Identity, *, ours: bool) -> str:
    if identity.origin is Origin.KSIMAGE:
        return f"a {identity}" if ours else f"an image made from a {identity}, with more in it"
    return f"an image {identity}" if identity.origin is Origin.TAMPERED else str(identity)


def _as_made(image: PlatformImage) -> bool:
    """Whether no instruction followed ours, such as an ENV that adds no layer.

    The direct engine leaves nothing after the added layer's history entry, the Dockerfile an ENV
    and a LABEL.
    """
    after: list[str] = []
    for entry in image_config.history(image.config):
        after = [*after, str(entry.get("created_by") or "")] if entry.get("empty_layer") else []
    kinds = [match[1] if match else "" for match in map(_SETTINGS.match, after)]
    ours = not after or recipe.VERBOSITY_VARIABLE in after[0]
    return kinds in ([], ["ENV", "LABEL"]) and ours


def _about(size: int, labels: Mapping[str, str]) -> str:
    """What else tells people which image it is: its size, and some of its labels."""
    shown = sorted(labels.items())[:MAX_LABELS]
    return f", {size:,} bytes" + "".join(
        f", {printable(f'{key}={value}', MAX_LABEL)}" for key, value in shown
    )
