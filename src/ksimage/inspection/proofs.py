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
from ksimage.hook.find import find_hook
from ksimage.hook.layers import HOOK_PARENTS, MAX_HOOK, folder_of, read_entries
from ksimage.hook.proof import prove_hook
from ksimage.images import config as image_config
from ksimage.images.tar import Kind
from ksimage.inspection import identity as image_identity
from ksimage.inspection.identity import Origin
from ksimage.upstream.releases import HOOK_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ksimage.base.images import ImageSet, PlatformImage
    from ksimage.derivation.recipe import Recipe
    from ksimage.hook.layers import Hook
    from ksimage.images.layer import Entry, LayerFolder
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
        bare_layer: the manifest must name the base's own blobs, and the directories have the
            base's times; an engine packs layers anew and gives directories the time of the build.

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
        image.platform.normal: Expected(image, find_hook(source, image, depth="parents"))
        for image in wanted.images
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
    name = "the added layer holds the hook and its two directories as the base has them"
    descriptor = image.manifest.layers[-1]
    if hook.layer != descriptor.digest:
        return Proof(name, False, "the hook is not in the topmost layer")
    if descriptor.size > 2 * MAX_HOOK:
        return Proof(name, False, f"the topmost layer has {descriptor.size} bytes")
    diff_id = image.config["rootfs"]["diff_ids"][-1]
    try:
        found = read_entries(source, descriptor, diff_id, _listed)
    except KsimageError as error:
        return Proof(name, False, error.why or error.message)
    stray = [path for path, _, belongs in found if not belongs]
    if stray:
        return Proof(name, False, f"it also holds {', '.join(stray[:3])}")
    folders = {path: folder for path, folder, _ in found if folder is not None}
    if len(found) != len(folders) + 1:
        return Proof(name, False, "it holds an entry twice")
    problem = _folders(folders, known, exact=bare) if known else ""
    return Proof(name, not problem, problem or f"1 file, {len(hook.data)} bytes")


def _listed(entries: Iterator[Entry]) -> list[tuple[str, LayerFolder | None, bool]]:
    """Each path; what it says of one of the hook's parents; whether it belongs in the layer."""
    found: list[tuple[str, LayerFolder | None, bool]] = []
    for entry in entries:
        path, member = entry.path, entry.member
        if path in HOOK_PARENTS and member.kind is Kind.DIRECTORY:
            found.append((path, folder_of(path, member), True))
        else:  # capabilities and the like are nothing that was asked for
            hook = path == HOOK_PATH and member.kind is Kind.FILE and not member.attributes
            found.append((path, None, hook))
    return found


def _folders(found: Mapping[str, LayerFolder], known: Expected, *, exact: bool) -> str:
    """What is wrong with the directories. ``exact``: an engine gives them the time of the build."""
    for path in HOOK_PARENTS:
        now, before = found.get(path), known.base_hook.parents.get(path)
        if now is None:
            return f"it has no entry for /{path}: its owner and mode are made up by some stores"
        if before is None:
            continue
        if now[:4] != before[:4] or now.attributes != before.attributes:
            what, was = (f"{f.mode:04o} {f.uid}:{f.gid}" for f in (now, before))
            return f"/{path} is {what}, the base has {was}" if what != was else f"/{path} differs"
        if exact and now.mtime != before.mtime:
            return f"/{path} has another time than the base's"
    return ""
