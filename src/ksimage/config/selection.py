"""``releases``: from names and ranges to the releases that upstream shipped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ksimage.config import values
from ksimage.config.settings import ReleaseChoice
from ksimage.config.values import Refused
from ksimage.errors import UnknownRelease


class Chosen(NamedTuple):
    """One release to work on; ``base`` is the digest it is pinned to, or None."""

    release: str
    base: str | None = None


def checked(text: str) -> str:
    """A release (in upstream's spelling: ``3.3.2`` -> ``v3.3.2``) or a range that holds any.

    Raises:
        Refused: malformed, unknown, unsupported, or a range without a release in it.
    """
    pattern = values.release(text)
    if ReleaseChoice(pattern).is_range:
        try:
            empty = not _within(pattern)
        except ValueError as error:
            raise Refused(
                f"{values.shown(text)} is not a range such as '>=3.1,<3.5': {error}"
            ) from None
        if empty:
            raise Refused(f"{values.shown(text)} holds no release that ksimage knows")
        return pattern
    return _named(pattern)


def expand(choices: Iterable[ReleaseChoice]) -> tuple[Chosen, ...]:
    """The releases meant, oldest first, each once; a pinned entry wins over a range.

    Raises:
        UnknownRelease: an entry names a release that ksimage does not know.
    """
    from ksimage.upstream import releases

    found: dict[str, str | None] = {}
    for choice in choices:
        names = _within(choice.pattern) if choice.is_range else [releases.find(choice.pattern).tag]
        for name in names:
            found[name] = choice.base or found.get(name)
    known = [release.tag for release in releases.all_releases()]
    return tuple(Chosen(name, found[name]) for name in known if name in found)


def _named(text: str) -> str:
    from ksimage.upstream import releases

    try:
        release = releases.find(text)
    except UnknownRelease as error:
        reason = f"{values.shown(text)} is no release that ksimage knows"
        raise Refused(reason, error.nearest) from error
    if not release.supported:
        raise Refused(f"{release.tag} is not supported: {release.reason}")
    return release.tag


def _within(pattern: str) -> list[str]:
    """Tags in the range. Rebuilds and pre-releases only where the range names one by its suffix.

    ``>=3.1,<3.5`` is for the releases that a registry is stocked with, and ``>=3.3.2-rc.0`` for
    somebody who wants more than those.
    """
    from ksimage.upstream import releases

    every = "-" in pattern
    return [
        release.tag
        for release in releases.supported()
        if releases.in_range(release, pattern) and (every or release.is_plain)
    ]
