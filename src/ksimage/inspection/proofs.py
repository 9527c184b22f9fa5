"""Proofs about a finished image, whichever engine made it and wherever it is.

Each proof stands for one promise: nothing but the hook changed, and the hook is what was meant.
shell-operator runs every executable file below /hooks, so one stray file in the added layer would
be a second installation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.base import images as base_images
from ksimage.derivation import repair
from ksimage.errors import PatchError, ProofFailed, UnsupportedRelease
from ksimage.hook.find import find_hook
from ksimage.hook.proof import prove_hook
from ksimage.inspection import identity as image_identity
from ksimage.inspection.addition import added_layer
from ksimage.inspection.comparison import against_base
from ksimage.inspection.identity import Origin
from ksimage.inspection.verdict import Expected, PlatformVerdict, Proof, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ksimage.base.images import PlatformImage
    from ksimage.hook.layers import Hook
    from ksimage.locations.protocol import Source


def verify(
    source: Source,
    *,
    platforms: Sequence[str] = (),
    expected: Mapping[str, Expected] | None = None,
    bare_layer: bool = False,
    whole: bool = True,
) -> Verdict:
    """Prove an image.

    Args:
        source: the image.
        platforms: only these, when given.
        expected: by ``Platform.normal``, what the build meant, or what the base is; without it the
            proofs that need the base are reported as not checked.
        bare_layer: the manifest must name the base's own blobs, and the directories have the
            base's times; an engine packs layers anew and gives directories the time of the build.
        whole: read a finished image down to its base. Without it only the layers above the hook
            are, for whoever looks for other executables where the image runs.

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
        proofs = [Proof("made by ksimage", identity.origin is Origin.KSIMAGE, str(identity))]
        if known or identity.origin in (Origin.KSIMAGE, Origin.TAMPERED):
            proofs += [
                _sound(source, image, hook, known, identity.release, whole=whole),
                _debuggable(hook, known),
                *against_base(image, hook, known, bare=bare_layer),
                added_layer(source, image, hook, known, bare=bare_layer),
            ]
        verdicts.append(PlatformVerdict(image, identity, tuple(proofs)))
    built = {platform for platform, known in expected.items() if known.recipe}
    missing = sorted(built - {image.platform.normal for image in found.images})
    if missing:
        raise ProofFailed(source.name, [f"{platform} is missing" for platform in missing])
    return Verdict(source.name, found.top.digest, tuple(verdicts))


def expect_base(source: Source, image: PlatformImage) -> Expected:
    """The base's side of the proofs, for an image that was built earlier."""
    return Expected(image, find_hook(source, image, depth="parents"))


def _sound(
    source: Source,
    image: PlatformImage,
    hook: Hook,
    known: Expected | None,
    release: str,
    *,
    whole: bool,
) -> Proof:
    """That the image starts, and starts one installer. A finished one is read down to its base."""
    name = "it runs as upstream's image does"
    built = known is not None and known.recipe is not None
    if known and built:  # what was read of the base, whose layers are still below
        hook = hook._replace(others=(*hook.others, *known.base_hook.others))
    elif whole:
        hook = find_hook(source, image, believe_history=False, depth="bottom")
    found = repair.faults(image.config, hook, release)
    if found:
        return Proof(name, False, "; ".join(fault.text for fault in found))
    unread = known.base_hook.unread if known and built else hook.unread
    scope = "in any layer"
    if unread:
        total = len(image.manifest.layers)
        scope = f"in the {total - unread} of {total} layers that were read"
    return Proof(name, True, f"entrypoint, user, mode; no other executable below /hooks {scope}")


def _debuggable(hook: Hook, known: Expected | None) -> Proof:
    name = "hook is not quiet and passes the verbosity"
    try:
        prove_hook(hook.data, base=known.base_hook.data if known else hook.data)
    except (PatchError, UnsupportedRelease) as error:
        return Proof(name, False, f"{error.message} {error.why}".strip())
    if known and known.recipe and known.recipe.file.data != hook.data:
        return Proof(name, False, "the hook is not the one that was patched")
    return Proof(name, True, f"every ansible_runner call, sha256 {hook.sha256[:12]}…")
