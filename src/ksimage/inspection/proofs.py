"""Proofs about a finished image, whichever engine made it and wherever it is.

Each proof stands for one promise: nothing but the hook changed, and the hook is what was meant.
shell-operator runs every executable file below /hooks, so one stray file in the added layer would
be a second installation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ksimage.base import images as base_images
from ksimage.derivation import recipe
from ksimage.errors import KsimageError, PatchError, ProofFailed, UnsupportedRelease
from ksimage.hook.find import HOOK_PARENTS, HOOK_PATH, MAX_HOOK, find_hook, read_entries
from ksimage.hook.proof import prove_hook
from ksimage.images import config as image_config
from ksimage.images.tar import Kind
from ksimage.inspection import identity as image_identity
from ksimage.inspection.identity import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ksimage.base.images import ImageSet, PlatformImage
    from ksimage.derivation.recipe import Recipe
    from ksimage.hook.find import Hook
    from ksimage.images.layer import Entry
    from ksimage.inspection.identity import Identity
    from ksimage.locations.protocol import Source

_KEPT = sorted(image_config.RUN_KEYS - {"Env", "Labels"})
_OUR_ENV = (recipe.VERBOSITY_VARIABLE, "PYTHONUNBUFFERED")


class Proof(NamedTuple):
    """One checked statement. ``passed`` is None where it could not be checked, and why."""

    name: str
    passed: bool | None
    detail: str


class PlatformVerdict(NamedTuple):
    """What was found out about one platform's image."""

    image: PlatformImage
    hook: Hook
    identity: Identity
    proofs: tuple[Proof, ...]


@dataclass(frozen=True)
class Verdict:
    """What was found out about an image. Truthy when no proof failed."""

    name: str
    digest: str
    platforms: tuple[PlatformVerdict, ...]

    @property
    def failures(self) -> list[str]:
        """Failed proofs as sentences, with their platform."""
        return [
            f"{verdict.image.platform}: {proof.name}: {proof.detail}"
            for verdict in self.platforms
            for proof in verdict.proofs
            if proof.passed is False
        ]

    def __bool__(self) -> bool:
        return not self.failures

    def require(self, advice: str = "") -> Verdict:
        """This verdict, if every proof held. Raises ProofFailed, with ``advice``, otherwise."""
        if self.failures:
            raise ProofFailed(self.name, self.failures, advice=[advice] if advice else [])
        return self


class Expected(NamedTuple):
    """What is known about one platform of an image.

    ``recipe`` is None when only the base is known: then what must be equal is compared, and what
    was added is judged by itself.
    """

    base: PlatformImage
    base_hook: Hook
    recipe: Recipe | None = None


def verify(
    source: Source,
    *,
    platforms: Sequence[str] = (),
    expected: Mapping[str, Expected] | None = None,
    bare_layer: bool = False,
) -> Verdict:
    """Prove an image.

    Args:
        source: the image.
        platforms: only these, when given.
        expected: by ``Platform.normal``, what the build meant, or what the base is; without it the
            proofs that need the base are reported as not checked.
        bare_layer: the added layer must hold the hook alone; otherwise the hook's parent
            directories are allowed, which every Dockerfile build records as well.

    Raises:
        ProofFailed: a platform that was to be built is missing.
        HookNotFound, MalformedImage and whatever reading the image raises. Failed proofs are in
        the result.
    """
    found = base_images.read_images(source, platforms)
    expected = expected or {}
    verdicts = []
    for image in found.images:
        hook = find_hook(source, image, believe_history=False)
        identity = image_identity.identify(image, hook)
        known = expected.get(image.platform.normal)
        proofs = [_patched(identity)]
        if known or identity.origin in (Origin.KSIMAGE, Origin.TAMPERED):
            proofs += [
                _debuggable(hook, known),
                *_against_base(image, hook, known, bare=bare_layer),
                added_layer(source, image, hook, known, bare=bare_layer),
            ]
        verdicts.append(PlatformVerdict(image, hook, identity, tuple(proofs)))
    built = {platform for platform, known in expected.items() if known.recipe}
    missing = sorted(built - {image.platform.normal for image in found.images})
    if missing:
        raise ProofFailed(source.name, [f"{platform} is missing" for platform in missing])
    return Verdict(source.name, found.top.digest, tuple(verdicts))


def expect_base(source: Source, wanted: ImageSet) -> dict[str, Expected]:
    """The base's side of the proofs, for an image that was built earlier."""
    return {
        image.platform.normal: Expected(image, find_hook(source, image)) for image in wanted.images
    }


def _patched(identity: Identity) -> Proof:
    return Proof("made by ksimage", identity.origin is Origin.KSIMAGE, str(identity))


def _debuggable(hook: Hook, known: Expected | None) -> Proof:
    name = "hook is not quiet and passes the verbosity"
    try:
        prove_hook(hook.data, base=known.base_hook.data if known else hook.data)
    except (PatchError, UnsupportedRelease) as error:
        return Proof(name, False, f"{error.message} {error.why}".strip())
    if known and known.recipe and known.recipe.file.data != hook.data:
        return Proof(name, False, "the hook is not the one that was patched")
    return Proof(name, True, f"every ansible_runner call, sha256 {hook.sha256[:12]}…")


def _against_base(
    image: PlatformImage, hook: Hook, known: Expected | None, *, bare: bool
) -> list[Proof]:
    names = ("base layers are unchanged", "configuration is unchanged", "mode and owner are kept")
    if known is None:
        return [Proof(name, None, "the base was not given (--base)") for name in names]
    return [
        Proof(names[0], *_base_layers(image, known.base, bare=bare)),
        Proof(names[1], *_configuration(image, known)),
        Proof(names[2], *_ownership(hook, known.base_hook)),
    ]


def _base_layers(image: PlatformImage, original: PlatformImage, *, bare: bool) -> tuple[bool, str]:
    ids = image.config["rootfs"]["diff_ids"]
    before = original.config["rootfs"]["diff_ids"]
    if ids[: len(before)] != before:
        return False, "the base's layers are not a prefix of the image's"
    if len(ids) != len(before) + 1:
        return False, f"{len(ids) - len(before)} layers were added instead of one"
    if bare:  # an engine packs layers anew; the diff IDs are all that stays
        blobs = [layer.digest for layer in image.manifest.layers[:-1]]
        if blobs != [layer.digest for layer in original.manifest.layers]:
            return False, "the manifest names other blobs for the base's layers"
    return True, f"{len(before)} layers are an identical prefix, one was added"


def _configuration(image: PlatformImage, known: Expected) -> tuple[bool, str]:
    inner = image_config.settings(image.config)
    original = image_config.settings(known.base.config)
    for key in _KEPT:
        if (inner.get(key) or None) != (original.get(key) or None):
            return False, f"{key} is {inner.get(key)!r}, the base has {original.get(key)!r}"
    for key in ("os", "architecture", "variant"):
        if (image.config.get(key) or "") != (known.base.config.get(key) or ""):
            return False, f"{key} is {image.config.get(key)!r}"
    problem = _environment(image, known) or _labels(image, known)
    return not problem, problem or "entrypoint, cmd, user, workdir and env are the base's"


def _environment(image: PlatformImage, known: Expected) -> str:
    env = image_config.environment(image.config)
    before = image_config.environment(known.base.config)
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


def _labels(image: PlatformImage, known: Expected) -> str:
    labels = image_config.labels(image.config)
    wanted = {recipe.HOOK_BEFORE: known.base_hook.sha256}
    if known.recipe:
        wanted = {**image_config.labels(known.base.config), **known.recipe.labels}
    for name, value in wanted.items():
        if labels.get(name) != value:
            return f"label {name} is {labels.get(name)!r} instead of {value!r}"
    return ""


def _ownership(hook: Hook, original: Hook) -> tuple[bool, str]:
    now = (hook.mode, hook.uid, hook.gid)
    before = (original.mode, original.uid, original.gid)
    text = f"{now[0]:04o} {now[1]}:{now[2]}"
    if now != before:
        return False, f"{text} instead of {before[0]:04o} {before[1]}:{before[2]}"
    return True, text


def added_layer(
    source: Source,
    image: PlatformImage,
    hook: Hook,
    known: Expected | None = None,
    *,
    bare: bool = False,
) -> Proof:
    """Prove that the topmost layer is the one that a build adds. See :func:`verify`."""
    name = "the added layer holds the hook and nothing else"
    descriptor = image.manifest.layers[-1]
    if hook.layer != descriptor.digest:
        return Proof(name, False, "the hook is not in the topmost layer")
    if descriptor.size > 2 * MAX_HOOK:
        return Proof(name, False, f"the topmost layer has {descriptor.size} bytes")
    parents = known.base_hook.parents if known else {}
    try:
        found = read_entries(
            source,
            descriptor,
            image.config["rootfs"]["diff_ids"][-1],
            lambda entries: [(e.path, _belongs(e, parents, bare=bare)) for e in entries],
        )
    except KsimageError as error:
        return Proof(name, False, error.why or error.message)
    paths = [path for path, _ in found]
    stray = [path for path, belongs in found if not belongs]
    if stray:
        return Proof(name, False, f"it also holds {', '.join(stray[:3])}")
    if paths.count(HOOK_PATH) != 1:
        return Proof(name, False, f"it holds the hook {paths.count(HOOK_PATH)} times")
    return Proof(name, True, f"1 file, {len(hook.data)} bytes")


def _belongs(entry: Entry, parents: Mapping[str, tuple[int, int, int]], *, bare: bool) -> bool:
    """Whether the entry is the hook, or, in an engine's layer, one of its parents unchanged."""
    member = entry.member
    if member.attributes:
        return False  # capabilities and the like, which nothing here asked for
    if entry.path == HOOK_PATH:
        return member.kind is Kind.FILE
    about = (member.mode & 0o7777, member.uid, member.gid)
    return (
        not bare
        and entry.path in HOOK_PARENTS
        and member.kind is Kind.DIRECTORY
        and parents.get(entry.path, about) == about
    )
