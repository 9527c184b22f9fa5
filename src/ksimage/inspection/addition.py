"""The proof about the layer that was added: the hook, its two directories, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors import KsimageError
from ksimage.hook.layers import HOOK_PARENTS, MAX_HOOK, folder_of, read_entries
from ksimage.images import config as image_config
from ksimage.images.tar import Kind
from ksimage.inspection.verdict import Proof
from ksimage.upstream.releases import HOOK_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ksimage.base.images import PlatformImage
    from ksimage.hook.layers import Hook
    from ksimage.images.layer import LayerEntry, LayerFolder
    from ksimage.inspection.verdict import Expected
    from ksimage.locations.protocol import Source


def added_layer(
    source: Source,
    image: PlatformImage,
    hook: Hook,
    known: Expected | None = None,
    *,
    bare: bool = False,
) -> Proof:
    """Prove that the topmost layer is the one that a build adds. See ``proofs.verify``."""
    name = "the added layer holds the hook and its two directories as the base has them"
    descriptor = image.manifest.layers[-1]
    if hook.layer != descriptor.digest:
        return Proof(name, False, "the hook is not in the topmost layer")
    if descriptor.size > 2 * MAX_HOOK:
        return Proof(name, False, f"the topmost layer has {descriptor.size} bytes")
    diff_id = image_config.diff_ids(image.config)[-1]
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


def _listed(entries: Iterator[LayerEntry]) -> list[tuple[str, LayerFolder | None, bool]]:
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
