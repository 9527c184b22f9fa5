"""Proofs against the base: its layers, its configuration, its hook's mode and owner are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.derivation import labels as label
from ksimage.derivation import recipe, repair
from ksimage.images import config as image_config
from ksimage.inspection.verdict import Proof

if TYPE_CHECKING:
    from ksimage.base.images import PlatformImage
    from ksimage.derivation.repair import Repair
    from ksimage.hook.layers import Hook
    from ksimage.inspection.verdict import Expected

_KEPT = sorted(image_config.RUN_KEYS - {"Env", "Labels"})
_OUR_ENV = (recipe.VERBOSITY_VARIABLE, "PYTHONUNBUFFERED")


def against_base(
    image: PlatformImage, hook: Hook, known: Expected | None, *, bare: bool
) -> list[Proof]:
    """The three proofs; not made where the base is not known. ``bare``: see ``proofs.verify``."""
    names = ("base layers are unchanged", "configuration is unchanged", "mode and owner are kept")
    if known is None:
        return [Proof(name, None, "the base was not given (--base)") for name in names]
    return [
        Proof(names[0], *_base_layers(image, known.base, bare=bare)),
        Proof(names[1], *_configuration(image, known)),
        Proof(names[2], *_ownership(hook, known.base_hook, _given_back(image, known).mode)),
    ]


def _base_layers(image: PlatformImage, original: PlatformImage, *, bare: bool) -> tuple[bool, str]:
    ids = image_config.diff_ids(image.config)
    before = image_config.diff_ids(original.config)
    if ids[: len(before)] != before:
        return False, "the base's layers are not a prefix of the image's"
    if len(ids) != len(before) + 1:
        return False, f"{len(ids) - len(before)} layers were added instead of one"
    if bare:  # an engine packs layers anew; the diff IDs are all that stays
        blobs = [layer.digest for layer in image.manifest.layers[:-1]]
        if blobs != [layer.digest for layer in original.manifest.layers]:
            return False, "the manifest names other blobs for the base's layers"
    return True, f"{len(before)} layers are an identical prefix, one was added"


def _given_back(image: PlatformImage, known: Expected) -> Repair:
    """What the image says was repaired, as it has to be done for this base."""
    labels = image_config.labels(image.config)
    if not labels.get(label.REPAIRED):
        return repair.NOTHING
    return repair.of(known.base.config, known.base_hook, labels.get(label.RELEASE, ""))


def _configuration(image: PlatformImage, known: Expected) -> tuple[bool, str]:
    inner = image_config.settings(image.config)
    given_back = _given_back(image, known)
    original = {**image_config.settings(known.base.config), **given_back.settings}
    for key in _KEPT:
        if (inner.get(key) or None) != (original.get(key) or None):
            return False, f"{key} is {inner.get(key)!r}, the base has {original.get(key)!r}"
    for key in ("os", "architecture", "variant"):
        if (image.config.get(key) or "") != (known.base.config.get(key) or ""):
            return False, f"{key} is {image.config.get(key)!r}"
    problem = _environment(image, known, given_back) or _labels(image, known, given_back)
    what = "entrypoint, cmd, user, workdir and env are the base's"
    if given_back.names:
        what += f", but for what was repaired: {', '.join(given_back.names)}"
    return not problem, problem or what


def _environment(image: PlatformImage, known: Expected, given_back: Repair) -> str:
    env = image_config.environment(image.config)
    before = {**image_config.environment(known.base.config), **given_back.env}
    for name, value in before.items():
        if name not in _OUR_ENV and env.get(name) != value:
            return f"{name} in the environment is {env.get(name)!r}, the base has {value!r}"
    extra = sorted(set(env) - set(before) - set(_OUR_ENV))
    if extra:
        return f"the environment has more than it should: {', '.join(extra)}"
    for name, value in known.recipe.env.items() if known.recipe else ():
        if env.get(name) != value:
            return f"{name} is {env.get(name)!r} instead of {value!r}"
    return ""


def _labels(image: PlatformImage, known: Expected, given_back: Repair) -> str:
    labels = image_config.labels(image.config)
    wanted = {label.HOOK_BEFORE: known.base_hook.sha256}
    if labels.get(label.REPAIRED):
        wanted[label.REPAIRED] = " ".join(given_back.names)
    if known.recipe:
        wanted = {**image_config.labels(known.base.config), **known.recipe.labels}
    for name, value in wanted.items():
        if labels.get(name) != value:
            return f"label {name} is {labels.get(name)!r} instead of {value!r}"
    return ""


def _ownership(hook: Hook, original: Hook, repaired: int | None) -> tuple[bool, str]:
    now = (hook.mode, hook.uid, hook.gid)
    before = (repaired or original.mode, original.uid, original.gid)
    text = f"{now[0]:04o} {now[1]}:{now[2]}"
    if now != before:
        return False, f"{text} instead of {before[0]:04o} {before[1]}:{before[2]}"
    return True, text
