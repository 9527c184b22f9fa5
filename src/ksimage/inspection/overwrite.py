"""Did somebody put upstream's image back? What a tag's surroundings tell, without guessing.

KubeKey pushes ``<release>`` and ``<release>-<arch>`` whenever it runs with an artifact, and asks
nobody. ``ksimage … --replace`` keeps what a tag held as ``<tag>-orig`` before it moves the tag. So
an original that is back under its tag leaves traces: the kept tag, and in Harbor the times.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from ksimage.inspection.identity import Origin
from ksimage.upstream.kubekey import tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.harbor.view import View


class MovedBack(Enum):
    """Whether a tag that ksimage had moved was moved back."""

    YES = "yes"
    LIKELY = "likely"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Kept:
    """What ``<tag>-orig`` holds. ``pushed``: since when, as Harbor tells (RFC 3339)."""

    name: str
    digest: str
    what: str
    pushed: str | None = None


@dataclass(frozen=True)
class Judgement:
    """The answer, one sentence for it, and the facts behind it."""

    answer: MovedBack
    sentence: str
    facts: tuple[str, ...] = field(default=())


def judge(
    tag: str | None,
    digest: str,
    origins: Sequence[Origin | None],
    *,
    kept: Kept | None = None,
    kubekey_names: Sequence[str] = (),
    view: View | None = None,
) -> Judgement:
    """Judge a reference in a registry.

    Args:
        tag: None when the reference is a digest.
        digest: what the tag holds.
        origins: of the hook of each platform; None for an image without one.
        kept: ``<tag>-orig``, when it exists.
        kubekey_names: tags such as ``v3.3.2-amd64`` that hold one of this index's images.
        view: what Harbor tells.
    """
    if tag is None:
        return Judgement(MovedBack.NO, "a digest always means the same image")
    facts = [*_names(tag, kubekey_names), *_times(tag, digest, view), *_kept(tag, digest, kept)]
    answer, sentence = _answer(tag, digest, set(origins), kept, view)
    return Judgement(answer, sentence, tuple(facts))


def _answer(
    tag: str, digest: str, origins: set[Origin | None], kept: Kept | None, view: View | None
) -> tuple[MovedBack, str]:
    if origins == {Origin.KSIMAGE}:
        return MovedBack.NO, f"{tag} holds what ksimage built"
    if Origin.KSIMAGE in origins:
        return MovedBack.UNKNOWN, f"{tag} holds a ksimage build for some of its platforms only"
    if Origin.TAMPERED in origins:
        return (
            MovedBack.UNKNOWN,
            f"{tag} holds an image that was made from a ksimage build, with another hook",
        )
    back = kept is not None and kept.digest == digest
    if origins != {Origin.PRISTINE} and not back:
        return (
            MovedBack.UNKNOWN,
            f"{tag} holds an image that neither upstream nor ksimage made; KubeKey pushes it only"
            " if its artifact holds it",
        )
    what = "upstream's image" if origins == {Origin.PRISTINE} else "the original image"
    if kept is None:
        return (
            MovedBack.UNKNOWN,
            f"{tag} holds {what}, and nothing shows that it ever held another",
        )
    since = _since(tag, digest, view)
    if since is None or kept.pushed is None:
        return (
            MovedBack.LIKELY,
            f"{tag} holds {what}, although {kept.name} exists, which ksimage makes right before it"
            " replaces a tag",
        )
    if since > kept.pushed:
        return (
            MovedBack.YES,
            f"{tag} holds {what} again: it was moved at {since}, after {kept.name} was made at"
            f" {kept.pushed}",
        )
    return (
        MovedBack.NO,
        f"{tag} has held {what} since {since}; {kept.name} was made later, at {kept.pushed}, but"
        f" {tag} was not moved then",
    )


def _names(tag: str, kubekey_names: Sequence[str]) -> list[str]:
    release = tags.pushed_release(tag)
    if release is None:
        return [f"KubeKey does not push the tag {tag} by itself"]
    facts = [f"KubeKey pushes {tag} whenever it runs with an artifact that holds {release}"]
    if kubekey_names:
        names = ", ".join(kubekey_names)
        facts.append(f"its images are tagged {names} as well, as KubeKey does")
    return facts


def _times(tag: str, digest: str, view: View | None) -> list[str]:
    facts = []
    since = _since(tag, digest, view)
    if since is not None:
        facts.append(f"{tag} has held this image since {since}")
    if view is not None and view.pushes:
        last = view.pushes[0]
        how = "set by hand" if last.kind == "tag" else "pushed"
        facts.append(f"{tag} was last {how} by {last.user} at {last.time}")
        if len(view.pushes) > 1:
            before = view.pushes[1]
            facts.append(f"before that by {before.user} at {before.time}")
    return facts


def _kept(tag: str, digest: str, kept: Kept | None) -> list[str]:
    if kept is None:
        return [f"there is no {tag}-orig: ksimage has not replaced the tag, or it was deleted"]
    same = "the same image" if kept.digest == digest else f"{kept.digest}, {kept.what}"
    return [f"{kept.name} holds {same}"]


def _since(tag: str, digest: str, view: View | None) -> str | None:
    """Since when the tag holds the digest; None unless Harbor speaks of the same moment."""
    if view is None or view.artifact is None or view.artifact.digest != digest:
        return None
    found = view.artifact.tag(tag)
    return found.pushed if found else None
