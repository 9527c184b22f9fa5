"""Proofs about a running installer: that the pod runs the image that was meant, and its hook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.cluster.image.registry import digest_of
from ksimage.inspection.verdict import Proof

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ksimage.cluster.image.registry import Candidate
    from ksimage.cluster.installer import Pod
    from ksimage.cluster.state import State


def prove(
    pod: Pod,
    state: State,
    candidate: Candidate,
    others: Sequence[Pod] = (),
    *,
    ask: Callable[[str], bool] = lambda _: False,
) -> list[Proof]:
    """All proofs.

    Args:
        pod, state: what was seen.
        candidate: what was meant.
        others: further pods of the installer.
        ask: whether a reported name has the candidate's config, for one that is not known.
    """
    return [
        _image(pod, candidate, ask),
        _hook(state, candidate),
        Proof(
            "no second hook",
            not state.stray,
            "shell-operator runs nothing else"
            if not state.stray
            else f"shell-operator would run {', '.join(state.stray)} as well",
        ),
        Proof(
            "no second installer",
            not any(other.running for other in others),
            "this pod is the only one"
            if not any(other.running for other in others)
            else f"{', '.join(other.name for other in others if other.running)} runs as well",
        ),
    ]


def _image(pod: Pod, candidate: Candidate, ask: Callable[[str], bool]) -> Proof:
    name = "the node runs this image"
    digest = digest_of(pod.image_id)
    if digest in candidate.ids:
        return Proof(name, True, f"image ID {digest}")
    if ask(pod.image_id):
        return Proof(name, True, f"{pod.image_id} is another name of its config")
    told = pod.image_id or "nothing"
    if "@" in pod.image and pod.image == candidate.pinned:
        return Proof(name, None, f"the node reports {told}; it was asked for this digest")
    where = f" on {pod.node}" if pod.node else ""
    return Proof(name, False, f"the node reports {told}: a stale copy{where}?")


def _hook(state: State, candidate: Candidate) -> Proof:
    name = "the hook in the pod is the image's"
    if state.hook_sha256 in candidate.hooks:
        return Proof(name, True, f"sha256 {state.hook_sha256}")
    found = f"sha256 {state.hook_sha256}" if state.hook_sha256 else "nothing"
    return Proof(name, False, f"there is {found} at its place")
